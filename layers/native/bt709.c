/* BGRA in sRGB, opaque, to 4:2:0 in BT.709 limited range: each pixel is read once, two rows at a time.
 *
 * Integers only, so that every processor gives the same bytes; engine/outputs/bt709.py does the same sums in numpy,
 * and tests hold the two to each other. Written with the vector types of GCC and clang, sixteen pixels at a time. Of
 * x86-64 it needs what every such processor has: with AVX2 it was no faster, for it waits for memory.
 */

#include <stddef.h>
#include <stdint.h>

/* ITU-R BT.709, items 3.2 to 3.4, for limited range, times 2^15. Each row of chroma sums to zero: grey has none. */
enum { Y_BLUE = 2032, Y_GREEN = 20127, Y_RED = 5983 };
enum { CB_BLUE = 14392, CB_GREEN = -11094, CB_RED = -3298 };
enum { CR_BLUE = -1320, CR_GREEN = -13072, CR_RED = 14392 };
enum { SHIFT = 15, MEAN_OF_FOUR = 2 };

#define ROUNDED(offset, shift) (((offset) << (shift)) + (1 << ((shift) - 1)))
#define BLOCK 16 /* pixels */
#define HALF (BLOCK / 2)

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef uint32_t pixels __attribute__((vector_size(16)));
typedef int16_t shorts __attribute__((vector_size(16)));
typedef int32_t sums __attribute__((vector_size(16)));
typedef bytes loose_bytes __attribute__((aligned(1), may_alias));
typedef pixels loose_pixels __attribute__((aligned(1), may_alias));
typedef uint8_t half __attribute__((vector_size(8)));
typedef half loose_half __attribute__((aligned(1), may_alias));

/* The lower half of each word times `low`, and its upper half times `high`. Halves are below 2^15. */
static inline sums dot(pixels words, int16_t low, int16_t high) {
#ifdef __SSE2__
    return (sums)__builtin_ia32_pmaddwd128((shorts)words, (shorts){low, high, low, high, low, high, low, high});
#else
    return (sums)(words & 0xffff) * low + (sums)(words >> 16) * high;
#endif
}

/* The lowest byte of each number. */
static inline bytes narrow(sums a, sums b, sums c, sums d) {
    bytes ab = __builtin_shufflevector((bytes)a, (bytes)b, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
    bytes cd = __builtin_shufflevector((bytes)c, (bytes)d, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
    return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/* Each two neighbours added. */
static inline pixels pairs(pixels a, pixels b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

/* Two rows of BLOCK pixels: their luma, and as the result eight samples of Cb, then eight of Cr. */
static inline bytes block(const uint8_t *const source[2], uint8_t *const luma[2]) {
    pixels blue_red[4] = {0}, green_alpha[4] = {0};
    for (int row = 0; row < 2; row++) {
        sums y[4];
        for (int part = 0; part < 4; part++) {
            pixels four = *(const loose_pixels *)(source[row] + 16 * part);
            pixels even = four & 0x00ff00ff, odd = (four >> 8) & 0x00ff00ff;
            y[part] = (dot(even, Y_BLUE, Y_RED) + dot(odd, Y_GREEN, 0) + ROUNDED(16, SHIFT)) >> SHIFT;
            blue_red[part] += even;
            green_alpha[part] += odd;
        }
        *(loose_bytes *)luma[row] = narrow(y[0], y[1], y[2], y[3]);
    }
    sums cb[2], cr[2];
    for (int part = 0; part < 2; part++) {
        pixels even = pairs(blue_red[2 * part], blue_red[2 * part + 1]);
        pixels odd = pairs(green_alpha[2 * part], green_alpha[2 * part + 1]);
        const int shift = SHIFT + MEAN_OF_FOUR;
        cb[part] = (dot(even, CB_BLUE, CB_RED) + dot(odd, CB_GREEN, 0) + ROUNDED(128, shift)) >> shift;
        cr[part] = (dot(even, CR_BLUE, CR_RED) + dot(odd, CR_GREEN, 0) + ROUNDED(128, shift)) >> shift;
    }
    return narrow(cb[0], cb[1], cr[0], cr[1]);
}

/* `count` of eight samples to their planes, or one by one to the one plane of both. */
static inline void store(bytes samples, int count, uint8_t *cb, uint8_t *cr, int column) {
    if (count == HALF && cr) {
        *(loose_half *)(cb + column) = __builtin_shufflevector(samples, samples, 0, 1, 2, 3, 4, 5, 6, 7);
        *(loose_half *)(cr + column) = __builtin_shufflevector(samples, samples, 8, 9, 10, 11, 12, 13, 14, 15);
        return;
    }
    if (count == HALF) {
        *(loose_bytes *)(cb + 2 * column) =
            __builtin_shufflevector(samples, samples, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        return;
    }
    for (int at = 0; at < count; at++) {
        if (cr) {
            cb[column + at] = samples[at];
            cr[column + at] = samples[HALF + at];
        } else {
            cb[2 * (column + at)] = samples[at];
            cb[2 * (column + at) + 1] = samples[HALF + at];
        }
    }
}

static inline void two_rows(const uint8_t *const source[2], uint8_t *const luma[2], uint8_t *cb, uint8_t *cr, int width) {
    int x = 0;
    for (; x + BLOCK <= width; x += BLOCK) {
        const uint8_t *from[2] = {source[0] + 4 * x, source[1] + 4 * x};
        uint8_t *to[2] = {luma[0] + x, luma[1] + x};
        store(block(from, to), HALF, cb, cr, x / 2);
    }
    if (x == width) return;
    /* The rest, with the last pixel again and again behind it: an odd one is its own neighbour. */
    uint8_t ends[2][4 * BLOCK], lumas[2][BLOCK];
    for (int row = 0; row < 2; row++)
        for (int at = 0; at < 4 * BLOCK; at++) {
            int column = x + at / 4 < width ? x + at / 4 : width - 1;
            ends[row][at] = source[row][4 * column + at % 4];
        }
    const uint8_t *from[2] = {ends[0], ends[1]};
    uint8_t *to[2] = {lumas[0], lumas[1]};
    store(block(from, to), (width - x + 1) / 2, cb, cr, x / 2);
    for (int row = 0; row < 2; row++)
        for (int at = 0; x + at < width; at++) luma[row][x + at] = lumas[row][at];
}

/* What lies behind a row is never seen, but a fixed value: no encoder's bytes may depend on what memory held. */
static inline void clear(uint8_t *row, int used, ptrdiff_t stride) {
    for (ptrdiff_t at = used; at < stride; at++) row[at] = 0;
}

/* Strides are in bytes, those of the target at least a row. Without `cr`, `cb` gets both, as in NV12. */
__attribute__((visibility("default"))) void bgra_to_420(
    const uint8_t *source, ptrdiff_t source_stride, int width, int height, uint8_t *luma, ptrdiff_t luma_stride,
    uint8_t *cb, ptrdiff_t cb_stride, uint8_t *cr, ptrdiff_t cr_stride) {
    int columns = (width + 1) / 2;
    for (int y = 0; y < height; y += 2) {
        int next = y + 1 < height ? y + 1 : y; /* below an odd last row lies itself */
        const uint8_t *from[2] = {source + y * source_stride, source + next * source_stride};
        uint8_t *to[2] = {luma + y * luma_stride, luma + next * luma_stride};
        uint8_t *blue = cb + y / 2 * cb_stride, *red = cr ? cr + y / 2 * cr_stride : 0;
        two_rows(from, to, blue, red, width);
        clear(to[0], width, luma_stride);
        clear(to[1], width, luma_stride);
        clear(blue, cr ? columns : 2 * columns, cb_stride);
        if (red) clear(red, columns, cr_stride);
    }
}
