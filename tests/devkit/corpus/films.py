"""Real files with a known truth: drawn by the toybox, spoken by espeak-ng, packed by ffmpeg.

Each picture carries its number as a strip of black and white blocks at its foot, which survives any codec; what is said
and when is known to the sample. One lossless master is made and packed in many ways.
"""

from __future__ import annotations

import json
import subprocess
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from devkit.toybox import make

FPS = 25
SECONDS = 12
SIZE = (320, 240)
BITS = 10
STRIP = 24
RATE = 16_000
SAID = (
    (1000, "look at the big red ball"),
    (3600, "where is the dog"),
    (6200, "there it goes"),
    (8800, "a yellow duck"),
)


@dataclass(frozen=True)
class Master:
    """The lossless master and its truth."""

    path: Path
    spoken_ms: tuple[tuple[int, int, str], ...]


def code(number: int, width: int) -> np.ndarray:
    """Return the strip of a number."""
    bits = [(number >> place) & 1 for place in range(BITS)]
    row = np.repeat(np.array([255 * bit for bit in bits], np.uint8), width // BITS)
    row = np.pad(row, (0, width - len(row)))
    return np.broadcast_to(row[None, :, None], (STRIP, width, 3))


def read_code(image: Image.Image) -> int:
    """Return the number that a picture carries."""
    pixels = np.asarray(image.convert("L"), float)
    height, width = pixels.shape
    strip = pixels[height - round(STRIP * height / SIZE[1] * 0.7) : height - round(STRIP * height / SIZE[1] * 0.3)]
    block = width / BITS
    means = [strip[:, round((k + 0.3) * block) : round((k + 0.7) * block)].mean() for k in range(BITS)]
    return sum((mean > 127) << place for place, mean in enumerate(means))


def speech(folder: Path, seconds: int = SECONDS, said: tuple[tuple[int, str], ...] = SAID) -> tuple[Path, tuple]:
    """Speak sentences at their times into one file; return it and where each can really be heard."""
    track = np.zeros(seconds * RATE, np.float32)
    truth = []
    for number, (start_ms, text) in enumerate(said):
        file = folder / f"say-{number}.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", str(file), text], check=True, capture_output=True)
        with wave.open(str(file)) as wav:
            voice = np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(np.float32) / 32768
            rate = wav.getframerate()
        voice = np.interp(np.arange(0, len(voice), rate / RATE), np.arange(len(voice)), voice)
        loud = np.flatnonzero(np.abs(voice) > 0.02)
        voice = voice[loud[0] : loud[-1]]
        first = start_ms * RATE // 1000
        voice = voice[: len(track) - first]
        track[first : first + len(voice)] += voice
        truth.append((start_ms, start_ms + len(voice) * 1000 // RATE, text))
    path = folder / "speech.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes((np.clip(track, -1, 1) * 32767).astype(np.int16).tobytes())
    return path, tuple(truth)


def master(folder: Path) -> Master:
    """Draw and speak the master."""
    make(folder / "toybox", hours=SECONDS / 3600, seed=5, fps=10, size=SIZE, recording_minutes=SECONDS / 60, jobs=1)
    drawn = next((folder / "toybox" / "videos").glob("*.mp4"))
    path = folder / "pictures.mkv"
    with av.open(str(drawn)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("ffv1", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv444p"
        pictures = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)]
        for number in range(FPS * SECONDS):
            pixels = pictures[number * 10 // FPS].copy()
            pixels[-STRIP:] = code(number, SIZE[0])
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    sound, spoken = speech(folder)
    whole = folder / "master.mkv"
    ffmpeg("-i", path, "-i", sound, "-c:v", "copy", "-c:a", "pcm_s16le", whole)
    return Master(whole, spoken)


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg."""
    command = ["ffmpeg", "-y", "-v", "error", "-threads", "1", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


PACKINGS: dict[str, tuple[str, ...]] = {
    "h264.mp4": ("-c:v", "libx264", "-g", "50", "-bf", "3", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "opengop.mp4": (
        *("-c:v", "libx264", "-x264-params", "open-gop=1:keyint=40:bframes=3", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac"),
    ),
    "hevc.mkv": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0", "-c:a", "libopus"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60", "-c:a", "libopus"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-q:v", "4", "-c:a", "pcm_s16le"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "0", "-c:a", "pcm_s16le"),
    "mpeg2.mpg": ("-c:v", "mpeg2video", "-q:v", "4", "-bf", "2", "-c:a", "mp2"),
    "h264.ts": ("-c:v", "libx264", "-g", "50", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "wmv2.wmv": ("-c:v", "wmv2", "-q:v", "4", "-c:a", "wmav2"),
    "ntsc.mp4": ("-r", "30000/1001", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    "odd.mkv": (
        "-vf",
        "scale=317:239",
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-c:a",
        "flac",
    ),
    "variable.mp4": (
        *("-vf", "select='not(eq(mod(n,7),3))*not(between(mod(n,60),20,24))'", "-fps_mode", "vfr"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
    ),
    "turned.mp4": ("-vf", "transpose=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
}


def pack(made: Master, name: str, folder: Path) -> Path:
    """Pack the master in one way."""
    path = folder / name
    ffmpeg("-i", made.path, *PACKINGS[name], path)
    if name == "turned.mp4":  # stored lying on its side, with the flag that says how to hold it
        upright = folder / "flagged.mp4"
        ffmpeg("-i", path, "-c", "copy", "-metadata:s:v:0", "rotate=270", upright)
        upright.replace(path)
    return path


def transcript(made: Master) -> str:
    """Return what is said as our own JSON."""
    rows = [{"start_ms": a, "end_ms": b, "speaker": "MOT", "text": text} for a, b, text in made.spoken_ms]
    return json.dumps(rows)


def picture_delay_ms(path: Path) -> float:
    """Return how much later than the file its pictures begin, as ffprobe tells: in some the sound comes first."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json", "-read_intervals", "%+#1"]
    shown = ["-show_entries", "frame=best_effort_timestamp_time:format=start_time"]
    told = json.loads(subprocess.run([*command, *shown, str(path)], check=True, capture_output=True).stdout)
    first = float(told["frames"][0]["best_effort_timestamp_time"])
    return 1000 * (first - float(told["format"].get("start_time", 0)))
