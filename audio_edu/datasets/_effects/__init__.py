"""Sounds of the world out of arithmetic: weather, birds, bells, telephones, applause, steps, engines, sirens.

Each effect has several generators. They differ in *how* the sound is made, not only in numbers, so that what
is learned from some of them can be tested on the others. A generator takes a random source and the length in
samples, and returns samples at 16 kHz of any level.

References
----------
Farnell (2010), Designing Sound, on which most of the recipes lean.
Chowning (1973), The Synthesis of Complex Audio Spectra by Means of Frequency Modulation.
"""

from collections.abc import Callable, Mapping

import numpy as np

from . import birds, machines, people, rings, weather

Generator = Callable[[np.random.Generator, int], np.ndarray]

#: By tag and split: the generators, none of them in two splits.
GENERATORS: Mapping[str, Mapping[str, tuple[Generator, ...]]] = {
    "rain": {
        "train": (
            weather.rain_of_drops,
            weather.rain_steady,
            weather.rain_behind_glass,
            weather.rain_pouring,
        ),
        "validation": (weather.rain_on_a_roof,),
        "test": (weather.rain_in_gusts,),
    },
    "wind": {
        "train": (weather.wind_howling, weather.wind_rumbling, weather.wind_in_grass),
        "validation": (weather.wind_in_trees,),
        "test": (weather.wind_at_a_door,),
    },
    "sea": {
        "train": (weather.sea_in_waves, weather.sea_on_pebbles, weather.sea_rolling),
        "validation": (weather.sea_far_away,),
        "test": (weather.sea_on_a_beach,),
    },
    "bird": {
        "train": (birds.bird_chirps, birds.bird_trills, birds.bird_calls, birds.bird_crows),
        "validation": (birds.bird_whistles,),
        "test": (birds.bird_cheeps,),
    },
    "bell": {
        "train": (rings.bell_of_a_church, rings.bell_in_the_hand, rings.bell_of_glass, rings.bell_of_a_clock),
        "validation": (rings.bell_by_fm,),
        "test": (rings.bell_of_metal_bars,),
    },
    "telephone": {
        "train": (
            rings.telephone_with_bells,
            rings.telephone_warbling,
            rings.telephone_tone,
            rings.telephone_purring,
            rings.telephone_with_one_gong,
        ),
        "validation": (rings.telephone_beeping,),
        "test": (rings.telephone_trilling,),
    },
    "applause": {
        "train": (
            people.applause_of_people,
            people.applause_dense,
            people.applause_far_away,
            people.applause_of_a_few,
        ),
        "validation": (people.applause_with_cheers,),
        "test": (people.applause_in_time,),
    },
    "footsteps": {
        "train": (
            people.steps_on_a_floor,
            people.steps_on_gravel,
            people.steps_running,
            people.steps_in_a_corridor,
        ),
        "validation": (people.steps_of_high_heels,),
        "test": (people.steps_in_snow,),
    },
    "engine": {
        "train": (
            machines.engine_of_a_car,
            machines.engine_of_a_helicopter,
            machines.engine_of_a_boat,
            machines.engine_humming,
        ),
        "validation": (machines.engine_of_a_motorcycle,),
        "test": (machines.engine_of_a_propeller,),
    },
    "siren": {
        "train": (machines.siren_wailing, machines.siren_of_two_tones, machines.siren_slow),
        "validation": (machines.siren_by_hand,),
        "test": (machines.siren_chirping,),
    },
}
