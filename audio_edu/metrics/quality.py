"""How close is a sound to the one it should be? Signal-to-distortion ratio, and others.

SI-SDR compares samples, so a sound with other phases scores badly however it sounds. PESQ and STOI imitate
listeners; they are other people's programs (`pesq`, `pystoi`), asked only where they are installed.
"""

import importlib.util

import numpy as np

from .._validate import checked


@checked
def si_sdr_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Return the scale-invariant signal-to-distortion ratio in dB.

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(n_samples,)]
        What it should be, and what it is; at any level.

    Returns
    -------
    float
        dB; at most some 150, for equal sounds; −150 or so where nothing of the reference is in the estimate.

    Raises
    ------
    ValueError
        If they differ in shape, or the reference is silent.

    References
    ----------
    Le Roux and others (2019), SDR: half-baked or well done?

    Examples
    --------
    >>> x = np.sin(np.arange(800) / 5)
    >>> round(si_sdr_db(x, 3 * x + 0.3 * np.cos(np.arange(800) / 5)), 1)
    20.0
    """
    if reference.ndim != 1 or reference.shape != estimate.shape:
        raise ValueError(f"estimate has shape {estimate.shape}; expected that of reference, (n_samples,).")
    s, y = reference.astype(float), estimate.astype(float)
    energy = float(s @ s)
    if energy < 1e-30:
        raise ValueError("reference is silent; expected a sound to compare with.")
    # α = ⟨y, s⟩ / |s|²,   SI-SDR = 10 lg |α s|² / |y − α s|²
    target = (y @ s) / energy * s
    noise = y - target
    floor = 1e-15 * float(y @ y) + 1e-30
    return float(10 * np.log10((target @ target + floor) / (noise @ noise + floor)))


@checked
def listener_scores(reference: np.ndarray, estimate: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Return what of PESQ (narrow band) and STOI can be had, by name: nothing where neither is installed.

    Both need some 1.5 s of speech. ``pesq``, 1 to 4.5, is a prediction of what listeners would say of the
    quality (ITU-T P.862, after P.862.1); ``stoi``, about 0 to 1, of what they would understand.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(16000)
    >>> set(listener_scores(x, x, 8000)) <= {"pesq", "stoi"}
    True
    """
    if reference.ndim != 1 or reference.shape != estimate.shape:
        raise ValueError(f"estimate has shape {estimate.shape}; expected that of reference, (n_samples,).")
    found = {}
    if importlib.util.find_spec("pesq") and sample_rate == 8000:
        import pesq

        score = pesq.pesq(8000, reference, estimate, "nb", on_error=pesq.PesqError.RETURN_VALUES)
        if score > 0:  # −1: it found no speech
            found["pesq"] = float(score)
    if importlib.util.find_spec("pystoi"):
        import warnings

        import pystoi

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of too little speech; then it says 1e-5
            found["stoi"] = float(pystoi.stoi(reference, estimate, sample_rate))
    return found
