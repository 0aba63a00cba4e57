"""Draws media/icon.png, the marketplace icon: a graph of layers that leads into a prompt's caret. Needs Pillow."""

from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 256
SCALE = 4
NAVY, BLUE, CYAN, WHITE = (11, 31, 51), (20, 86, 140), (64, 190, 235), (255, 255, 255)


def scaled(*points):
    return [(x * SCALE, y * SCALE) for x, y in points]


image = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
draw = ImageDraw.Draw(image)
draw.rounded_rectangle((0, 0, SIZE * SCALE - 1, SIZE * SCALE - 1), radius=52 * SCALE, fill=NAVY)

left, middle, right = [(58, 74), (58, 128), (58, 182)], [(112, 96), (112, 160)], (160, 128)
for start in left:
    for end in middle:
        draw.line(scaled(start, end), fill=BLUE, width=5 * SCALE)
for start in middle:
    draw.line(scaled(start, right), fill=CYAN, width=6 * SCALE)
for points, color, radius in ((left, CYAN, 13), (middle, CYAN, 13), ([right], WHITE, 16)):
    for x, y in points:
        draw.ellipse([(v * SCALE) for v in (x - radius, y - radius, x + radius, y + radius)], fill=color)

draw.line(scaled((188, 100), (212, 128), (188, 156)), fill=WHITE, width=11 * SCALE, joint="curve")
for x, y in ((188, 100), (212, 128), (188, 156)):
    draw.ellipse([(v * SCALE) for v in (x - 5.5, y - 5.5, x + 5.5, y + 5.5)], fill=WHITE)

image.resize((SIZE, SIZE), Image.LANCZOS).save(Path(__file__).parent.parent / "media" / "icon.png", optimize=True)
