"""Sounds as pictures: a recording becomes its log-mel spectrogram, and training needs nothing new.

Time goes from left to right, pitch from low to high, and brightness is loudness. Windows of 25 ms
(Hann) every 10 ms; 128 bands, evenly spaced from 50 to 8,000 Hz on the mel scale; 80 dB below the
loudest spot is black. The picture is always 256 x 256 px: a longer sound has narrower seconds. Its
margin is what networks that look at the centre cut off.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import NoReturn

import numpy as np
import soundfile
from PIL import Image

from core.errors import FileFault, PictureError
from core.images.reading import Picture
from core.settings import Settings

WINDOW_S, HOP_S = 0.025, 0.010
BANDS, LOWEST_HZ, HIGHEST_HZ = 128, 50.0, 8_000.0
RANGE_DB = 80.0
SIDE_PX, MARGIN_PX = 256, 16
ANCHORS = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))
"""Colours from silent to loud, evenly spaced: five of matplotlib's map "magma"."""
SHORTEST_S, LONGEST_S = 0.1, 30.0
RATES_HZ = (4_000, 192_000)
MOST_CHANNELS = 8
SUFFIXES = {"WAV": ".wav", "WAVEX": ".wav", "FLAC": ".flac", "MP3": ".mp3"}
SOUNDS = frozenset(SUFFIXES.values())
ABOUT = (
    "A sound is shown and learned as its spectrogram: time from left to right, pitch from low to "
    f"high ({LOWEST_HZ:.0f} to {HIGHEST_HZ:,.0f} Hz, {BANDS} mel bands), brightness is loudness "
    f"({RANGE_DB:.0f} dB). Windows of {1000 * WINDOW_S:.0f} ms every {1000 * HOP_S:.0f} ms; at "
    f"most {LONGEST_S:.0f} s."
)
_BLOCK = 256  # windows, or 1,024 samples each, at a time: keeps memory flat
_SILENCE = 1e-10
_HINT = "The file was left alone; convert or cut it if you need it."


def is_sound(data: bytes) -> bool:
    """Whether the bytes begin like WAV, FLAC or MP3; nothing else that is read begins so."""
    wave = data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    # An MPEG frame: eleven bits, then neither a reserved version, layer, rate nor bitrate.
    frame = data[:1] == b"\xff" and len(data) > 2 and _is_layer_3(data[1], data[2])
    return wave or frame or data[:4] == b"fLaC" or data[:3] == b"ID3"


def read_sound(data: bytes, settings: Settings) -> Picture:
    """The spectrogram of a sound, as if it had been a picture.

    Raises:
        PictureError: it is damaged, or beyond the limits on size, length, rate or channels.
    """
    if len(data) > settings.max_file_bytes:
        _refuse(f"larger than {settings.max_file_bytes // 1_000_000} MB", "too large")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            suffix, rate_hz = SUFFIXES.get(file.format, ""), file.samplerate
            _check(file)
            samples_n = np.concatenate([np.zeros(0, np.float32), *_mono(file)])
    except soundfile.SoundFileError as error:
        raise PictureError("a sound that cannot be decoded", _HINT, "damaged") from error
    if len(samples_n) < SHORTEST_S * rate_hz:
        _refuse(f"shorter than {SHORTEST_S:g} s", "too short")
    if not np.isfinite(samples_n).all():
        _refuse("damaged: its samples are no numbers", "damaged")
    pixels = _draw(log_mel(samples_n, rate_hz))
    return Picture(pixels, suffix, *pixels.size, None)


def log_mel(samples_n: np.ndarray, rate_hz: int) -> np.ndarray:
    """Loudness in dB below the loudest spot, -80..0: float32 (bands, windows), lowest band first.

    Silence is -80 everywhere. The mel scale is 2595 log10(1 + f / 700) (O'Shaughnessy, "Speech
    Communication", 1987), its triangles have their corners at the centres of their neighbours.
    """
    samples_n = samples_n / max(float(np.abs(samples_n).max()), _SILENCE)  # no power overflows
    filters_bf = mel_filters(rate_hz, _fft_size(rate_hz))
    power_bt = np.concatenate(
        [filters_bf @ block_ft for block_ft in _powers(samples_n, rate_hz)], 1
    )
    loudest = float(power_bt.max())
    if loudest <= _SILENCE:
        return np.full(power_bt.shape, -RANGE_DB, np.float32)
    ratio_bt = np.maximum(power_bt / loudest, 10 ** (-RANGE_DB / 10))
    loudness_bt: np.ndarray = (10 * np.log10(ratio_bt)).astype(np.float32)
    return loudness_bt


@lru_cache(maxsize=8)
def mel_filters(rate_hz: int, fft_size: int) -> np.ndarray:
    """Weights of the frequencies of an FFT in each band: float32 (bands, fft_size / 2 + 1)."""
    frequencies_f = np.arange(fft_size // 2 + 1) * (rate_hz / fft_size)
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    corners_hz = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    left, centre, right = (corners_hz[k : k + BANDS, None] for k in range(3))
    rising_bf = (frequencies_f - left) / (centre - left)
    falling_bf = (right - frequencies_f) / (right - centre)
    filters_bf: np.ndarray = np.maximum(0, np.minimum(rising_bf, falling_bf)).astype(np.float32)
    return filters_bf


def _powers(samples_n: np.ndarray, rate_hz: int) -> Iterator[np.ndarray]:
    """Power spectra (frequencies, up to 256 windows), one block of windows after another."""
    length, hop = round(WINDOW_S * rate_hz), round(HOP_S * rate_hz)
    windows_tn = np.lib.stride_tricks.sliding_window_view(samples_n, length)[::hop]
    shape_n = np.hanning(length + 1)[:-1].astype(np.float32)  # periodic
    for start in range(0, len(windows_tn), _BLOCK):
        block_tn = windows_tn[start : start + _BLOCK] * shape_n
        spectrum_tf = np.fft.rfft(block_tn, _fft_size(rate_hz), axis=1)
        yield (np.abs(spectrum_tf) ** 2).T.astype(np.float32)


def _fft_size(rate_hz: int) -> int:
    """Fine enough that even the lowest band holds a few frequencies: steps of at most 8 Hz."""
    return 2 ** int(np.ceil(np.log2(rate_hz / 8)))


def _check(file: soundfile.SoundFile) -> None:
    low, high = RATES_HZ
    if file.format not in SUFFIXES:
        _refuse("a kind of sound that is not read (only WAV, FLAC and MP3)", "unusual sound")
    if not low <= file.samplerate <= high:
        rates = f"(limits: {low:,} and {high:,})"
        _refuse(f"{file.samplerate:,} samples a second {rates}", "unusual sound")
    if not 1 <= file.channels <= MOST_CHANNELS:
        _refuse(f"{file.channels} channels (limit: {MOST_CHANNELS})", "unusual sound")
    if file.frames > LONGEST_S * file.samplerate:
        _refuse(f"longer than {LONGEST_S:.0f} s", "too long")


def _mono(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    """The mean of the channels, block by block; a header may have lied about the length."""
    count = 0
    for block_nc in file.blocks(_BLOCK * 1024, dtype="float32", always_2d=True):
        count += len(block_nc)
        if count > LONGEST_S * file.samplerate:
            _refuse(f"longer than {LONGEST_S:.0f} s", "too long")
        yield block_nc.mean(1)


def _draw(loudness_bt: np.ndarray) -> Image.Image:
    grey_bt = np.round((loudness_bt / RANGE_DB + 1) * 255).astype(np.uint8)[::-1]
    inner_px = SIDE_PX - 2 * MARGIN_PX
    inner = Image.fromarray(grey_bt).resize((inner_px, inner_px), Image.Resampling.BICUBIC)
    square = Image.new("L", (SIDE_PX, SIDE_PX))
    square.paste(inner, (MARGIN_PX, MARGIN_PX))
    return Image.fromarray(_COLOURS[np.asarray(square)])


def _colours() -> np.ndarray:
    """The colour of each grey level: uint8 (256, 3)."""
    levels = np.linspace(0, 255, len(ANCHORS))
    channels = [np.interp(np.arange(256), levels, channel) for channel in zip(*ANCHORS)]
    return np.stack(channels, 1).astype(np.uint8)


_COLOURS = _colours()


def _is_layer_3(second: int, third: int) -> bool:
    sync, version, layer = second >> 5 == 7, second >> 3 & 3, second >> 1 & 3
    return sync and version != 1 and layer == 1 and third >> 4 not in (0, 15) and third >> 2 & 3 < 3


def _refuse(reason: str, kind: FileFault) -> NoReturn:
    raise PictureError(reason, _HINT, kind)
