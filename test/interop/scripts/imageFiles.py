"""Writes image files of many kinds and tells what transformers' load_image makes of each: width, height and RGB samples."""
import base64, io, json, os, struct, sys, warnings, zlib

warnings.filterwarnings("ignore")
import numpy as np
from PIL import Image, ImageCms
from transformers.image_utils import load_image

root = json.load(sys.stdin)["folder"]
os.makedirs(root, exist_ok=True)
rng = np.random.default_rng(4)


def smooth(width, height, channels):
    """Gradients with some noise, as photographs have."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 100 * np.sin(x / (7 + 3 * c)) * np.cos(y / (5 + 2 * c)) + rng.normal(0, 6, (height, width)) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


rgb = Image.fromarray(smooth(61, 43, 3))
gray = Image.fromarray(smooth(61, 43, 1)[:, :, 0])
rgba = Image.fromarray(smooth(61, 43, 4), "RGBA")
la = Image.merge("LA", [gray, Image.fromarray(smooth(61, 43, 1)[:, :, 0])])
cmyk = Image.fromarray(smooth(61, 43, 4), "CMYK")
palette = rgb.quantize(32)
deep = Image.fromarray((smooth(61, 43, 1)[:, :, 0].astype(np.uint16) * 257 + rng.integers(0, 200, (43, 61))).clip(0, 65535).astype(np.uint16))
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
files = []


def save(name, image, **options):
    image.save(f"{root}/{name}", **options)
    files.append(name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, width, height, depth, color, rows, extra=b""):
    """A PNG that Pillow itself cannot write."""
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    with open(f"{root}/{name}", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    files.append(name)


for quality, sampling in [(95, 0), (75, 2), (40, 1)]:
    save(f"q{quality}-s{sampling}.jpg", rgb, quality=quality, subsampling=sampling)
save("progressive.jpg", rgb, progressive=True, optimize=True)
save("gray.jpg", gray)
save("cmyk.jpg", cmyk)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x112] = orientation
    save(f"exif-{orientation}.jpg", rgb, exif=exif)
exif = Image.Exif()
exif[0x112] = 6
save("exif.png", rgb, exif=exif)
save("exif.webp", rgb, exif=exif, lossless=True)
save("exif.tiff", rgb, exif=exif)
for name, image in [("rgb", rgb), ("gray", gray), ("rgba", rgba), ("la", la), ("palette", palette), ("bilevel", gray.convert("1")), ("gray16", deep)]:
    save(f"{name}.png", image)
save("palette-transparent.png", palette, transparency=3)
save("palette-alpha.png", rgba.quantize(16))
save("rgb-key.png", rgb, transparency=(10, 20, 30))
save("gray-key.png", gray, transparency=127)
wide = smooth(61, 43, 3).astype(">u2") * 251 + 17
png("rgb16.png", 61, 43, 16, 2, [row.astype(">u2").tobytes() for row in wide])
png("rgba16.png", 61, 43, 16, 6, [row.astype(">u2").tobytes() for row in smooth(61, 43, 4).astype(">u2") * 200 + 99])
png("la16.png", 61, 43, 16, 4, [row.astype(">u2").tobytes() for row in smooth(61, 43, 2).astype(">u2") * 255 + 3])
png("gray2.png", 60, 43, 2, 0, [rng.integers(0, 256, 15, dtype=np.uint8).tobytes() for _ in range(43)])
png("gray4.png", 60, 43, 4, 0, [rng.integers(0, 256, 30, dtype=np.uint8).tobytes() for _ in range(43)])
png("gamma.png", 61, 43, 8, 2, [row.tobytes() for row in smooth(61, 43, 3)], chunk(b"gAMA", struct.pack(">I", 30000)))
# A profile that changes every colour, and one that an image has from its camera.
swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
at = swapped.find(b"rXYZ", 128)
b_at = swapped.find(b"bXYZ", 128)
swapped[at:at + 4], swapped[b_at:b_at + 4] = b"bXYZ", b"rXYZ"
save("profile.png", rgb, icc_profile=bytes(swapped))
save("profile.jpg", rgb, icc_profile=bytes(swapped), quality=95)
save("transparent.gif", palette, transparency=5)
save("animated.gif", palette, save_all=True, append_images=[gray.convert("P"), palette.rotate(180)], duration=50, loop=0)
save("animated.png", rgb, save_all=True, append_images=[rgb.rotate(180)])
save("animated.webp", rgba, save_all=True, append_images=[rgba.rotate(180)], lossless=True)
save("lossy.webp", rgb, quality=80)
save("lossless.webp", rgb, lossless=True)
save("alpha.webp", rgba, quality=70)
save("alpha-lossless.webp", rgba, lossless=True, exact=True)
for name, image in [("rgb", rgb), ("gray", gray), ("rgba", rgba), ("la", la), ("cmyk", cmyk), ("palette", palette), ("bilevel", gray.convert("1")), ("gray16", deep)]:
    save(f"{name}.tiff", image)
save("lzw.tiff", rgb, compression="tiff_lzw")
save("jpeg.tiff", rgb, compression="jpeg")
save("float.tiff", Image.fromarray(np.linspace(-20, 300, 61 * 43, dtype=np.float32).reshape(43, 61)))
for name, image in [("rgb", rgb), ("gray", gray), ("palette", palette), ("bilevel", gray.convert("1")), ("rgba", rgba)]:
    save(f"{name}.bmp", image)
save("rgb.ppm", rgb)
save("gray.pgm", gray)
with open(f"{root}/drawing.svg", "w") as f:
    f.write('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="red"/></svg>')
files.append("drawing.svg")
with open(f"{root}/rgb.png", "rb") as f:
    whole = f.read()
with open(f"{root}/cut.png", "wb") as f:
    f.write(whole[: len(whole) // 2])
files.append("cut.png")

answer = []
for name in files:
    try:
        loaded = load_image(f"{root}/{name}")
        answer.append({"name": name, "width": loaded.width, "height": loaded.height, "samples": base64.b64encode(loaded.tobytes()).decode()})
    except BaseException as e:
        answer.append({"name": name, "error": f"{type(e).__name__}: {e}"})
print(json.dumps(answer))
