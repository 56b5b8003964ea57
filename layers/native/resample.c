/* Bilinear resampling of 32-bit pixels, their channels alike: what a picture under a slow move needs in every frame.
 *
 * Integers only, so that every processor gives the same bytes; engine/resample.py does the same sums in numpy, and tests
 * hold the two to each other. Rows first, then columns, each rounded to eight bits. What lies upright takes a quarter of
 * skia's time with AVX2, and without as long as skia; what is turned a tenth, on any processor.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

#define EXPORTED __attribute__((visibility("default")))

/* Where a pixel lies between two others, in 1/64: enough for no step to be seen, and products stay below 2^15. */
enum { SHIFT = 6, ONE = 1 << SHIFT, HALF = ONE / 2 };
/* Columns at a time, and what they read behind the last pixel. */
enum { BLOCK = 8, BEHIND = 2 * BLOCK + 1, ALIGNED = 32 };

/* Eight columns: the first pixel they need, the others counted from there, and each column's two weights four times,
 * in the order in which bytes are unpacked: the columns 0, 1, 4 and 5, then 2, 3, 6 and 7. */
typedef struct {
    int32_t index[BLOCK];
    uint8_t weights[2][4 * BLOCK];
    int32_t first, wide;
} Block;

static inline ptrdiff_t aligned(ptrdiff_t size) { return (size + ALIGNED - 1) / ALIGNED * ALIGNED; }

/* The pixel at or before a place (32.32), and the weight of the one behind it. Beyond the edge is the edge. */
static inline int32_t between(int64_t place, int32_t size, int32_t *weight) {
    place += (int64_t)1 << (31 - SHIFT);
    if (place < 0) place = 0;
    int64_t pixel = place >> 32;
    *weight = (int32_t)(place >> (32 - SHIFT)) & (ONE - 1);
    if (pixel < size - 1) return (int32_t)pixel;
    *weight = 0;
    return size - 1;
}

static inline uint8_t mix(uint8_t a, uint8_t b, int weight) {
    return (uint8_t)((a * (ONE - weight) + b * weight + HALF) >> SHIFT);
}

static void mix_rows(const uint8_t *a, const uint8_t *b, int weight, uint8_t *restrict row, ptrdiff_t size) {
    for (ptrdiff_t at = 0; at < size; at++) row[at] = mix(a[at], b[at], weight);
}

static void mix_columns(
    const uint8_t *row, const int32_t *pixels, const int32_t *weights, int32_t from, int32_t to,
    uint8_t *restrict target) {
    for (int32_t x = from; x < to; x++) {
        const uint8_t *pixel = row + 4 * (ptrdiff_t)pixels[x];
        for (int channel = 0; channel < 4; channel++)
            target[4 * (ptrdiff_t)x + channel] = mix(pixel[channel], pixel[4 + channel], weights[x]);
    }
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
AVX2 static inline void store(void *to, __m256i bytes) { _mm256_storeu_si256((__m256i *)to, bytes); }

/* `mix` of the bytes of a and b, by weights in the order of unpacked bytes. */
AVX2 static inline __m256i mixed(__m256i a, __m256i b, __m256i low, __m256i high) {
    const __m256i half = _mm256_set1_epi16(HALF);
    __m256i x = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), low);
    __m256i y = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), high);
    x = _mm256_srli_epi16(_mm256_add_epi16(x, half), SHIFT);
    y = _mm256_srli_epi16(_mm256_add_epi16(y, half), SHIFT);
    return _mm256_packus_epi16(x, y);
}

AVX2 static void mix_rows_avx2(const uint8_t *a, const uint8_t *b, int weight, uint8_t *row, ptrdiff_t size) {
    const __m256i weights = _mm256_set1_epi16((short)(weight << 8 | (ONE - weight)));
    ptrdiff_t at = 0;
    for (; at + 4 * BLOCK <= size; at += 4 * BLOCK) store(row + at, mixed(load(a + at), load(b + at), weights, weights));
    mix_rows(a + at, b + at, weight, row + at, size - at);
}

/* Eight of the next eight pixels, or of the next sixteen. */
AVX2 static inline __m256i pick(const uint8_t *pixels, __m256i index, int wide) {
    __m256i near = _mm256_permutevar8x32_epi32(load(pixels), index);
    if (!wide) return near;
    __m256i far = _mm256_permutevar8x32_epi32(load(pixels + 4 * BLOCK), index);
    return _mm256_blendv_epi8(near, far, _mm256_cmpgt_epi32(index, _mm256_set1_epi32(BLOCK - 1)));
}

AVX2 static inline void mix_block(const uint8_t *row, const Block *block, int wide, uint8_t *target) {
    const uint8_t *pixels = row + 4 * (ptrdiff_t)block->first;
    const __m256i index = load(block->index);
    __m256i left = pick(pixels, index, wide), right = pick(pixels + 4, index, wide);
    store(target, mixed(left, right, load(block->weights[0]), load(block->weights[1])));
}

AVX2 static void mix_blocks(const uint8_t *row, const Block *blocks, int32_t count, uint8_t *target) {
    for (int32_t at = 0; at < count; at++, target += 4 * BLOCK) {
        if (blocks[at].wide) mix_block(row, blocks + at, 1, target);
        else mix_block(row, blocks + at, 0, target);
    }
}

static int32_t plan(const int32_t *pixels, const int32_t *weights, int32_t width, Block *blocks) {
    int32_t count = width / BLOCK;
    for (int32_t at = 0; at < count; at++, pixels += BLOCK, weights += BLOCK) {
        Block *block = blocks + at;
        block->first = pixels[0];
        block->wide = pixels[BLOCK - 1] - pixels[0] >= BLOCK;
        for (int column = 0; column < BLOCK; column++) {
            block->index[column] = pixels[column] - pixels[0];
            uint8_t *pair = block->weights[column / 2 % 2] + 8 * (column % 2 + column / 4 * 2);
            for (int channel = 0; channel < 4; channel++) {
                pair[2 * channel] = (uint8_t)(ONE - weights[column]);
                pair[2 * channel + 1] = (uint8_t)weights[column];
            }
        }
    }
    return count;
}

/* Whether this processor, and the system that it runs, knows AVX2. */
EXPORTED int resample_avx2(void) {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}
#else
EXPORTED int resample_avx2(void) { return 0; }
#endif

/* Bytes of `work` for a source and a target that are so wide. */
EXPORTED ptrdiff_t resample_work(int32_t source_width, int32_t width) {
    ptrdiff_t row = aligned(4 * ((ptrdiff_t)source_width + BEHIND)), columns = aligned(4 * (ptrdiff_t)width);
    return ALIGNED + row + 2 * columns + (ptrdiff_t)sizeof(Block) * (width / BLOCK);
}

/* Fill `target` with what `source` shows around the place (`left`, `top`), `across` and `down` it for each pixel; places
 * are centres of pixels, as 32.32. Strides are in bytes. With `avx2`, `across` is less than two pixels. */
EXPORTED void resample(
    const uint8_t *source, ptrdiff_t source_stride, int32_t source_width, int32_t source_height, uint8_t *target,
    ptrdiff_t stride, int32_t width, int32_t height, int64_t left, int64_t top, int64_t across, int64_t down,
    uint8_t *work, int avx2) {
    uint8_t *row = work + (ALIGNED - (uintptr_t)work % ALIGNED) % ALIGNED;
    int32_t *pixels = (int32_t *)(row + aligned(4 * ((ptrdiff_t)source_width + BEHIND)));
    int32_t *weights = (int32_t *)((uint8_t *)pixels + aligned(4 * (ptrdiff_t)width));
    for (int32_t x = 0; x < width; x++) pixels[x] = between(left + across * x, source_width, weights + x);
    /* Of each row only what is seen is mixed, and behind its last pixel, which has no neighbour, any value will do. */
    int32_t first = pixels[0], last = pixels[width - 1] + 1;
    ptrdiff_t size = 4 * (ptrdiff_t)((last < source_width ? last : source_width - 1) - first + 1);
    for (int32_t x = 0; x < width; x++) pixels[x] -= first;
    for (int32_t at = 0; at < 4 * BEHIND; at++) row[size + at] = 0;
    int32_t done = 0;
#ifdef __x86_64__
    Block *blocks = (Block *)((uint8_t *)weights + aligned(4 * (ptrdiff_t)width));
    if (avx2) done = BLOCK * plan(pixels, weights, width, blocks);
#else
    (void)avx2;
#endif
    for (int32_t y = 0; y < height; y++, target += stride) {
        int32_t weight, line = between(top + down * y, source_height, &weight);
        const uint8_t *a = source + line * source_stride + 4 * (ptrdiff_t)first;
        const uint8_t *b = line + 1 < source_height ? a + source_stride : a;
#ifdef __x86_64__
        if (avx2) {
            mix_rows_avx2(a, b, weight, row, size);
            mix_blocks(row, blocks, done / BLOCK, target);
        } else
#endif
            mix_rows(a, b, weight, row, size);
        mix_columns(row, pixels, weights, done, width, target);
    }
}

typedef uint8_t half __attribute__((vector_size(8)));
typedef half loose_half __attribute__((aligned(1), may_alias));
typedef uint16_t words __attribute__((vector_size(16)));
typedef uint32_t loose_pixel __attribute__((aligned(1), may_alias));

static inline words wide(const uint8_t *two_pixels) {
    return __builtin_convertvector(*(const loose_half *)two_pixels, words);
}

/* As `between`, but of two pixels that are both there: at the last one it is all the weight of the second. */
static inline int32_t within(int64_t place, int32_t size, int32_t *weight) {
    int32_t pixel = between(place, size, weight);
    if (pixel < size - 1) return pixel;
    *weight = ONE;
    return size - 2;
}

/* Of two pixels and the two below them, rows first. */
static inline void mix_four(const uint8_t *above, const uint8_t *below, int32_t across, int32_t down, uint8_t *target) {
    uint16_t a = (uint16_t)(ONE - across), b = (uint16_t)across;
    words rows = (wide(above) * (uint16_t)(ONE - down) + wide(below) * (uint16_t)down + HALF) >> SHIFT;
    rows *= (words){a, a, a, a, b, b, b, b};
    rows = (rows + __builtin_shufflevector(rows, rows, 4, 5, 6, 7, 0, 1, 2, 3) + HALF) >> SHIFT;
    half mixed = __builtin_convertvector(rows, half);
    *(loose_pixel *)target = *(const loose_pixel *)&mixed;
}

/* As `resample`, of a source of at least two by two pixels in any position: `across` and `down` are the steps in x and y
 * for each pixel and each line of the target. What lies outside of the source becomes transparent. */
EXPORTED void resample_turned(
    const uint8_t *source, ptrdiff_t source_stride, int32_t source_width, int32_t source_height, uint8_t *target,
    ptrdiff_t stride, int32_t width, int32_t height, int64_t left, int64_t top, int64_t across_x, int64_t across_y,
    int64_t down_x, int64_t down_y) {
    const int64_t middle = (int64_t)1 << 31, near = (int64_t)1 << (31 - SHIFT);
    const uint64_t right = (uint64_t)source_width << 32, bottom = (uint64_t)source_height << 32, one = (uint64_t)1 << 32;
    for (int32_t y = 0; y < height; y++, target += stride) {
        int64_t u = left + down_x * y, v = top + down_y * y;
        for (int32_t x = 0; x < width; x++, u += across_x, v += across_y) {
            uint8_t *pixel = target + 4 * (ptrdiff_t)x;
            uint64_t column = (uint64_t)(u + near), line = (uint64_t)(v + near);
            int32_t across = (int32_t)(column >> (32 - SHIFT)) & (ONE - 1), down = (int32_t)(line >> (32 - SHIFT)) & (ONE - 1);
            if (column < right - one && line < bottom - one) {
                column >>= 32;
                line >>= 32;
            } else if ((uint64_t)(u + middle) < right && (uint64_t)(v + middle) < bottom) {
                column = (uint64_t)within(u, source_width, &across);
                line = (uint64_t)within(v, source_height, &down);
            } else {
                *(loose_pixel *)pixel = 0;
                continue;
            }
            const uint8_t *above = source + (ptrdiff_t)line * source_stride + 4 * (ptrdiff_t)column;
            mix_four(above, above + source_stride, across, down, pixel);
        }
    }
}
