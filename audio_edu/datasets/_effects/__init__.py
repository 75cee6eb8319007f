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
            weather.rain_on_cloth,
            weather.rain_in_a_gutter,
            weather.rain_on_a_lake,
        ),
        "validation": (weather.rain_on_a_roof,),
        "test": (weather.rain_in_gusts,),
    },
    "wind": {
        "train": (
            weather.wind_howling,
            weather.wind_rumbling,
            weather.wind_in_grass,
            weather.wind_in_wires,
            weather.wind_on_a_tent,
        ),
        "validation": (weather.wind_in_trees,),
        "test": (weather.wind_at_a_door,),
    },
    "sea": {
        "train": (
            weather.sea_in_waves,
            weather.sea_on_pebbles,
            weather.sea_rolling,
            weather.sea_in_a_storm,
            weather.sea_at_a_quay,
        ),
        "validation": (weather.sea_far_away,),
        "test": (weather.sea_on_a_beach,),
    },
    "bird": {
        "train": (
            birds.bird_chirps,
            birds.bird_trills,
            birds.bird_calls,
            birds.bird_crows,
            birds.bird_warbles,
            birds.bird_hoots,
            birds.bird_mews,
        ),
        "validation": (birds.bird_whistles,),
        "test": (birds.bird_cheeps,),
    },
    "bell": {
        "train": (
            rings.bell_of_a_church,
            rings.bell_in_the_hand,
            rings.bell_of_glass,
            rings.bell_of_a_clock,
            rings.bell_on_a_door,
            rings.bell_of_a_bicycle,
            rings.bell_of_a_bowl,
        ),
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
            rings.telephone_dialling,
            rings.telephone_quivering,
            rings.telephone_playing,
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
            people.applause_in_a_church,
            people.applause_swelling,
            people.applause_outdoors,
            people.applause_in_gloves,
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
            people.steps_on_stairs,
            people.steps_in_water,
            people.steps_shuffling,
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
            machines.engine_of_a_lorry,
            machines.engine_of_a_saw,
            machines.engine_of_a_jet,
        ),
        "validation": (machines.engine_of_a_motorcycle,),
        "test": (machines.engine_of_a_propeller,),
    },
    "siren": {
        "train": (
            machines.siren_wailing,
            machines.siren_of_two_tones,
            machines.siren_slow,
            machines.siren_of_horns,
            machines.siren_falling,
        ),
        "validation": (machines.siren_by_hand,),
        "test": (machines.siren_chirping,),
    },
}
