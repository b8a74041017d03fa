"""Sounds from bytes that nobody vouches for to pictures; SciPy's word on the transform."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy import signal

from core.errors import PictureError
from core.images.reading import read_picture
from core.images.sound import (
    BANDS,
    HIGHEST_HZ,
    HOP_S,
    LONGEST_S,
    LOWEST_HZ,
    MARGIN_PX,
    SIDE_PX,
    WINDOW_S,
    is_sound,
    log_mel,
    mel_filters,
    read_sound,
)
from core.images.working_copy import open_copy, read_file, working_copy
from tests.builders import picture, recording, tone

RATE = 16_000
KINDS = {"WAV": ".wav", "WAVEX": ".wav", "FLAC": ".flac", "MP3": ".mp3"}


def mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)


def band_of(hz: float) -> float:
    """The number of the band whose centre is at that frequency."""
    return (mel(hz) - mel(LOWEST_HZ)) / (mel(HIGHEST_HZ) - mel(LOWEST_HZ)) * (BANDS + 1) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_becomes_a_picture_by_its_content(kind, settings):
    data = recording(tone(440), kind=kind)
    facts, copy = read_file(data, settings)
    assert is_sound(data)
    assert (facts.suffix, facts.width_px, facts.height_px) == (KINDS[kind], SIDE_PX, SIDE_PX)
    assert open_copy(copy).size == (SIDE_PX, SIDE_PX)
    assert working_copy(data, settings) == copy


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM"])
def test_no_picture_is_taken_for_a_sound(format, settings):
    data = picture(format)
    assert not is_sound(data) and read_picture(data, settings)


@pytest.mark.parametrize("hz", [200, 440, 1000, 4000, 7000])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_tone_is_loudest_in_its_band_whatever_the_rate(hz, rate):
    loudness = log_mel(tone(hz, rate=rate), rate)
    assert loudness.max() == 0
    assert abs(loudness.mean(1).argmax() - band_of(hz)) < 1


def test_the_transform_agrees_with_scipy():
    samples = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    length, hop, size = round(WINDOW_S * RATE), round(HOP_S * RATE), 2048
    window = signal.get_window("hann", length)
    _, _, spectrum = signal.stft(
        samples, RATE, window, length, length - hop, size, boundary=None, padded=False
    )
    power = mel_filters(RATE, size) @ np.abs(spectrum) ** 2
    expected = np.maximum(10 * np.log10(power / power.max()), -80)
    np.testing.assert_allclose(log_mel(samples, RATE), expected, atol=0.01)


def test_bands_are_triangles_on_the_mel_scale():
    filters = mel_filters(RATE, 16384)
    frequencies = np.arange(16384 // 2 + 1) * RATE / 16384
    centres = frequencies[filters.argmax(1)]
    assert np.abs([band_of(hz) - k for k, hz in enumerate(centres)]).max() < 0.1
    inside = (frequencies > centres[0]) & (frequencies < centres[-1])
    np.testing.assert_allclose(filters.sum(0)[inside], 1, atol=0.02)


def test_no_band_is_empty_at_any_rate_that_holds_it():
    for rate in (16_000, 22_050, 44_100, 96_000):
        assert (mel_filters(rate, 2 ** int(np.ceil(np.log2(rate / 8)))).sum(1) > 0.5).all()


def test_time_goes_from_left_to_right_and_pitch_upwards(settings):
    samples = np.concatenate([tone(300, 0.5), tone(5000, 0.5)])
    brightness_hw = np.asarray(read_sound(recording(samples), settings).pixels.convert("L"), float)
    rows = [half.sum(1).argmax() for half in np.split(brightness_hw, 2, axis=1)]
    assert rows[1] < SIDE_PX / 2 < rows[0]
    assert brightness_hw[:MARGIN_PX].max() == brightness_hw[:, :MARGIN_PX].max() <= 1


def test_loudness_and_channels_make_no_difference(settings):
    samples = tone(700)
    as_is = np.asarray(read_sound(recording(samples, subtype="FLOAT"), settings).pixels)
    soft = np.asarray(read_sound(recording(samples / 50, subtype="FLOAT"), settings).pixels)
    stereo = np.stack([samples, samples], 1)
    both = np.asarray(read_sound(recording(stereo, subtype="FLOAT"), settings).pixels)
    assert np.abs(as_is.astype(int) - soft).max() <= 2
    np.testing.assert_array_equal(as_is, both)


def test_silence_is_black(settings):
    pixels = np.asarray(read_sound(recording(np.zeros(RATE, np.float32)), settings).pixels)
    assert pixels.max() <= 4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"RIFF\0\0\0\0WAVE", "cannot be decoded"),
        (b"fLaC" + bytes(100), "cannot be decoded"),
        (b"ID3" + bytes(1000), "cannot be decoded"),
        (recording(tone(440, 0.05)), "shorter than 0.1 s"),
        (recording(np.zeros(0, np.float32)), "shorter than 0.1 s"),
        (recording(np.zeros(int((LONGEST_S + 1) * 4000)), rate=4000), "longer than 30 s"),
        (recording(tone(100, rate=2000), rate=2000), "2,000 samples a second"),
        (recording(tone(100, rate=400_000), rate=400_000), "400,000 samples a second"),
        (recording(np.zeros((4000, 9)), rate=4000), "9 channels"),
        (recording(np.full(RATE, np.nan), subtype="FLOAT"), "no numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_refused_with_a_reason(data, reason, settings):
    assert is_sound(data)
    with pytest.raises(PictureError, match=reason):
        working_copy(data, settings)


def test_a_file_that_is_too_large_is_refused(settings):
    small = type(settings)(settings.home, max_file_bytes=1_000_000)
    data = recording(np.zeros(700_000, np.float32), rate=44_100)
    with pytest.raises(PictureError, match="larger than 1 MB"):
        read_sound(data, small)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "MP3"])
def test_a_damaged_sound_is_a_picture_or_a_reason(kind, settings):
    data, chance = recording(tone(440, 0.5), kind=kind), random.Random(0)
    for _ in range(30):
        damaged = bytearray(data)
        for _ in range(5):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            assert read_sound(bytes(damaged), settings).pixels.size == (SIDE_PX, SIDE_PX)
        except PictureError as error:
            assert error.message and error.hint


def test_samples_beyond_all_bounds_are_drawn(settings):
    data = recording(tone(440) * 1e30, subtype="FLOAT")
    assert np.asarray(read_sound(data, settings).pixels).max() > 200
