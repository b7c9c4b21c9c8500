"""The many colours that go by one name."""

import colorsys

# Of each name: colours that palettes of the web and of desktops give it, then ranges of hue (in degrees), saturation
# and value.
PALETTE = {
    "red": "ff0000 d32f2f e53935 dc143c f44336 e74c3c cc0000 d62728 c0392b ef4444 b71c1c ee2222",
    "orange": "ffa500 ff8c00 ff9800 f57c00 e67e22 fb8c00 ff7f0e f97316 ff7700 f39c12",
    "yellow": "ffff00 ffeb3b fdd835 f1c40f ffd700 ffee58 facc15 f7dc6f ffe135 eedd00",
    "green": "008000 00ff00 4caf50 2ecc71 228b22 32cd32 388e3c 27ae60 2ca02c 22c55e 006400 00aa00",
    "blue": "0000ff 2196f3 1e90ff 4169e1 3498db 000080 1976d2 1f77b4 3b82f6 0d47a1 0000cd 2563eb",
    "purple": "800080 9c27b0 8e44ad 6a0dad 673ab7 7b1fa2 9467bd a855f7 9b59b6 4b0082 8a2be2 663399",
    "pink": "ffc0cb ff69b4 f48fb1 ff1493 ffb6c1 f06292 ec4899 ff85c0 f8bbd0 ff99cc",
    "brown": "8b4513 795548 6d4c41 964b00 a0522d 5d4037 a52a2a 8d6e63 7b3f00 654321",
    "black": "000000 111111 0a0a0a 1a1a1a 000000 151515",
    "white": "ffffff fafafa ffffff f8f8f8 fefefe",
    "grey": "808080 9e9e9e 888888 757575 a9a9a9 999999 7f8c8d 7f7f7f 6b7280 b0b0b0",
}
RANGES = {
    "red": ((-8, 6), (0.75, 1), (0.72, 1)), "orange": ((23, 36), (0.8, 1), (0.88, 1)),
    "yellow": ((49, 60), (0.55, 1), (0.88, 1)), "green": ((90, 158), (0.4, 1), (0.32, 0.95)),
    "blue": ((205, 240), (0.5, 1), (0.4, 1)), "purple": ((268, 295), (0.45, 0.9), (0.4, 0.85)),
    "pink": ((322, 348), (0.25, 0.7), (0.92, 1)), "brown": ((16, 30), (0.5, 0.9), (0.3, 0.55)),
    "black": ((0, 360), (0, 0.4), (0, 0.1)), "white": ((0, 360), (0, 0.03), (0.96, 1)),
    "grey": ((0, 360), (0, 0.06), (0.42, 0.68)),
}


def rgb_of(code: str) -> tuple[int, int, int]:
    return tuple(bytes.fromhex(code))


def shade(rng, name: str) -> tuple[int, int, int]:
    """Any colour of that name."""
    if rng.random() < 0.5:
        return rgb_of(rng.choice(PALETTE[name].split()))
    hue, saturation, value = (rng.uniform(*ends) for ends in RANGES[name])
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value))


def distance(one, other) -> float:
    """How far apart two colours look, 0 to 765 (the weighting is Thiadmer Riemersma's)."""
    red = (one[0] + other[0]) / 2
    parts = [(x - y) ** 2 for x, y in zip(one, other)]
    return ((2 + red / 256) * parts[0] + 4 * parts[1] + (2 + (255 - red) / 256) * parts[2]) ** 0.5


def any_ground(rng) -> tuple[int, int, int]:
    """A ground as pictures have it: mostly white or pale, sometimes dark, sometimes of full colour."""
    kind = rng.random()
    if kind < 0.3:
        return (rng.choice([255, 255, 255, 250, 245, 240]),) * 3
    if kind < 0.6:
        return tuple(rng.randint(205, 255) for _ in range(3))
    if kind < 0.8:
        return tuple(rng.randint(0, 70) for _ in range(3))
    return tuple(rng.randint(30, 230) for _ in range(3))


def ink_on(rng, ground, least: float = 300) -> tuple[int, int, int]:
    """An ink that can be read on the ground."""
    for _ in range(200):
        if rng.random() < 0.5:
            ink = (rng.choice([0, 20, 40, 255, 255, 240]),) * 3
        else:
            ink = tuple(rng.randint(0, 255) for _ in range(3))
        if distance(ink, ground) >= least:
            return ink
    return (0, 0, 0) if sum(ground) > 380 else (255, 255, 255)


def mixed(one, other, share: float) -> tuple[int, int, int]:
    """A colour between the two."""
    return tuple(round(x + (y - x) * share) for x, y in zip(one, other))
