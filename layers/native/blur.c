/* A Gaussian blur of 32-bit pixels, their channels alike: for deviations of a few pixels, wider ones are made smaller.
 *
 * Integers only, so that every processor gives the same bytes; engine/gaussian.py does the same sums in numpy, and tests
 * hold the two to each other. Rows first, then columns, each rounded to eight bits. Written with the vector types of
 * GCC and clang; of x86-64 it needs what every such processor has.
 */

#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))
#define MOST 16 /* pixels to each side */
#define PIXEL 4
#define BLOCK 16 /* bytes */

/* Weights add up to 256, so that a sum fits 16 bits. */
enum { SHIFT = 8, HALF = 1 << (SHIFT - 1) };

typedef uint8_t bytes __attribute__((vector_size(BLOCK)));
typedef bytes loose_bytes __attribute__((aligned(1), may_alias));
typedef uint16_t words __attribute__((vector_size(2 * BLOCK)));

static inline words wide(const uint8_t *from) { return __builtin_convertvector(*(const loose_bytes *)from, words); }

/* `size` bytes of `row`: of each the one in `middle`, and what lies the same way before and behind it, by weight. */
static void mix(
    const uint8_t *middle, const uint8_t *const *before, const uint8_t *const *behind, const uint16_t *weights,
    int radius, uint8_t *row, ptrdiff_t size) {
    ptrdiff_t at = 0;
    for (; at + BLOCK <= size; at += BLOCK) {
        words sum = wide(middle + at) * weights[0] + HALF;
        for (int step = 1; step <= radius; step++)
            sum += (wide(before[step] + at) + wide(behind[step] + at)) * weights[step];
        *(loose_bytes *)(row + at) = __builtin_convertvector(sum >> SHIFT, bytes);
    }
    for (; at < size; at++) {
        unsigned sum = middle[at] * weights[0] + HALF;
        for (int step = 1; step <= radius; step++) sum += (before[step][at] + behind[step][at]) * weights[step];
        row[at] = (uint8_t)(sum >> SHIFT);
    }
}

/* Bytes of `work` for so many pixels in a row. */
EXPORTED ptrdiff_t blur_work(int32_t width) { return 2 * PIXEL * ((ptrdiff_t)width + 2 * MOST); }

/* `source` blurred into `target`, another picture of the same size. Around it all is transparent. `weights` are those
 * of the middle and of `radius` pixels to a side, at most MOST. Strides are in bytes. */
EXPORTED void blur(
    const uint8_t *source, ptrdiff_t source_stride, uint8_t *target, ptrdiff_t stride, int32_t width, int32_t height,
    const uint16_t *weights, int radius, uint8_t *work) {
    ptrdiff_t size = PIXEL * (ptrdiff_t)width, room = PIXEL * (ptrdiff_t)(width + 2 * MOST);
    for (ptrdiff_t at = 0; at < 2 * room; at++) work[at] = 0;
    uint8_t *row = work + PIXEL * MOST;
    const uint8_t *nothing = work + room;
    const uint8_t *above[MOST + 1], *below[MOST + 1], *left[MOST + 1], *right[MOST + 1];
    for (int step = 1; step <= radius; step++) {
        left[step] = row - PIXEL * step;
        right[step] = row + PIXEL * step;
    }
    for (int32_t y = 0; y < height; y++, target += stride) {
        const uint8_t *line = source + y * source_stride;
        for (int step = 1; step <= radius; step++) {
            above[step] = y >= step ? line - step * source_stride : nothing;
            below[step] = y + step < height ? line + step * source_stride : nothing;
        }
        mix(line, above, below, weights, radius, row, size);
        mix(row, left, right, weights, radius, target, size);
    }
}
