// The heavy operations of docs/inference.md on a CPU's integer units: one function each, many rows at once.
//
// Weights are packed in groups of 64 outputs: for each pair of inputs, 64 outputs times two signed bytes. One multiply-add
// of 16-bit pairs then serves 16 outputs. Sums are kept in 32 bits where a bound shows that they fit, and widened to 64
// before they might not: the result is exact for every input, whatever the instructions.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "sha256.h"

namespace {

constexpr int64_t kWide = 2147483647;
constexpr int kLanes = 16;              // outputs of one vector
constexpr int kVectors = 4;             // vectors of one group
constexpr int kGroup = kLanes * kVectors;
constexpr int kPairsExact = 256;        // pairs of products, each at most 128 * 32,639, whose sum fits 32 bits
constexpr int kRows = 6;                // rows whose sums stay in registers
constexpr int kRowsCached = 96;

// Sixteen 32-bit sums; `dot` adds to each the products of a pair of 16-bit numbers.
#if defined(__AVX512BW__)
struct Sums { __m512i v; };
struct Pairs { __m512i v; };
inline Sums zero() { return {_mm512_setzero_si512()}; }
inline Pairs widen(const int8_t* p) { return {_mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)p))}; }
inline Pairs load(const int16_t* p) { return {_mm512_loadu_si512(p)}; }
inline Pairs both(int32_t pair) { return {_mm512_set1_epi32(pair)}; }
#if defined(__AVX512VNNI__)
inline void dot(Sums& s, Pairs a, Pairs b) { s.v = _mm512_dpwssd_epi32(s.v, a.v, b.v); }
#else
inline void dot(Sums& s, Pairs a, Pairs b) { s.v = _mm512_add_epi32(s.v, _mm512_madd_epi16(a.v, b.v)); }
#endif
inline void store(const Sums& s, int32_t* p) { _mm512_storeu_si512(p, s.v); }
#elif defined(__AVX2__)
struct Sums { __m256i v, w; };
struct Pairs { __m256i v, w; };
inline Sums zero() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline Pairs widen(const int8_t* p) {
    return {_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)p)),
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(p + 16)))};
}
inline Pairs load(const int16_t* p) {
    return {_mm256_loadu_si256((const __m256i*)p), _mm256_loadu_si256((const __m256i*)(p + 16))};
}
inline Pairs both(int32_t pair) { return {_mm256_set1_epi32(pair), _mm256_set1_epi32(pair)}; }
inline void dot(Sums& s, Pairs a, Pairs b) {
    s.v = _mm256_add_epi32(s.v, _mm256_madd_epi16(a.v, b.v));
    s.w = _mm256_add_epi32(s.w, _mm256_madd_epi16(a.w, b.w));
}
inline void store(const Sums& s, int32_t* p) {
    _mm256_storeu_si256((__m256i*)p, s.v);
    _mm256_storeu_si256((__m256i*)(p + 8), s.w);
}
#else
struct Sums { int32_t v[kLanes]; };
struct Pairs { int16_t v[2 * kLanes]; };
inline Sums zero() { return {}; }
inline Pairs widen(const int8_t* p) { Pairs r; for (int i = 0; i < 2 * kLanes; ++i) r.v[i] = p[i]; return r; }
inline Pairs load(const int16_t* p) { Pairs r; std::memcpy(r.v, p, sizeof r.v); return r; }
inline Pairs both(int32_t pair) { Pairs r; for (int i = 0; i < kLanes; ++i) std::memcpy(r.v + 2 * i, &pair, 4); return r; }
inline void dot(Sums& s, Pairs a, Pairs b) {
    for (int i = 0; i < kLanes; ++i) s.v[i] += a.v[2 * i] * b.v[2 * i] + a.v[2 * i + 1] * b.v[2 * i + 1];
}
inline void store(const Sums& s, int32_t* p) { std::memcpy(p, s.v, sizeof s.v); }
#endif

inline int32_t pair_at(const int16_t* p) { int32_t pair; std::memcpy(&pair, p, 4); return pair; }

inline int64_t clamped(int64_t value, int64_t bound) { return std::max(-bound, std::min(bound, value)); }

inline int64_t half_up(int64_t value, int shift) {
    return shift <= 0 ? (int64_t)((uint64_t)value << -shift) : (value + (int64_t(1) << (shift - 1))) >> shift;
}

inline int bit_length(uint64_t value) { return value ? 64 - __builtin_clzll(value) : 0; }

int64_t isqrt(int64_t value) {
    int64_t root = (int64_t)std::sqrt((double)value);
    while (root * root > value) --root;
    while ((root + 1) * (root + 1) <= value) ++root;
    return root;
}

// A row's sums by four vectors. Rows are named one by one, not put into an array, which GCC would keep in memory.
struct Row {
    Sums a = zero(), b = zero(), c = zero(), d = zero();
    inline void dots(int32_t pair, Pairs w, Pairs x, Pairs y, Pairs z) {
        const Pairs p = both(pair);
        dot(a, p, w);
        dot(b, p, x);
        dot(c, p, y);
        dot(d, p, z);
    }
    inline void add_to(int64_t* totals) const {
        int32_t part[kGroup];
        store(a, part);
        store(b, part + kLanes);
        store(c, part + 2 * kLanes);
        store(d, part + 3 * kLanes);
        for (int i = 0; i < kGroup; ++i) totals[i] += part[i];
    }
};

// For rows 0 to `rows` - 1: adds to `totals` [rows, 64] the products of pairs `begin` to `end`: of `of(row)`, int16 pairs one
// after another, and of 64 columns, pairs of which `columns(pair)` gives as four vectors.
template <int rows, class Of, class Columns>
inline void accumulate(Of of, Columns columns, int64_t begin, int64_t end, int64_t* totals) {
    Row r0, r1, r2, r3, r4, r5;
    const int16_t *a0 = of(0), *a1 = of(rows > 1 ? 1 : 0), *a2 = of(rows > 2 ? 2 : 0), *a3 = of(rows > 3 ? 3 : 0),
                  *a4 = of(rows > 4 ? 4 : 0), *a5 = of(rows > 5 ? 5 : 0);
    for (int64_t p = begin; p < end; ++p) {
        const auto [w, x, y, z] = columns(p);
        r0.dots(pair_at(a0 + 2 * p), w, x, y, z);
        if constexpr (rows > 1) r1.dots(pair_at(a1 + 2 * p), w, x, y, z);
        if constexpr (rows > 2) r2.dots(pair_at(a2 + 2 * p), w, x, y, z);
        if constexpr (rows > 3) r3.dots(pair_at(a3 + 2 * p), w, x, y, z);
        if constexpr (rows > 4) r4.dots(pair_at(a4 + 2 * p), w, x, y, z);
        if constexpr (rows > 5) r5.dots(pair_at(a5 + 2 * p), w, x, y, z);
    }
    r0.add_to(totals);
    if constexpr (rows > 1) r1.add_to(totals + kGroup);
    if constexpr (rows > 2) r2.add_to(totals + 2 * kGroup);
    if constexpr (rows > 3) r3.add_to(totals + 3 * kGroup);
    if constexpr (rows > 4) r4.add_to(totals + 4 * kGroup);
    if constexpr (rows > 5) r5.add_to(totals + 5 * kGroup);
}

struct Four { Pairs w, x, y, z; };

// Sums of `rows` rows by one group of outputs, 64-bit `totals` [rows, 64].
template <int rows>
void group_sums(const int16_t* a, int64_t stride, const int8_t* w, int pairs, int64_t* totals) {
    std::memset(totals, 0, sizeof(int64_t) * rows * kGroup);
    const auto of = [=](int r) { return a + r * stride; };
    const auto columns = [=](int64_t p) {
        const int8_t* at = w + p * 2 * kGroup;
        return Four{widen(at), widen(at + 32), widen(at + 64), widen(at + 96)};
    };
    for (int64_t begin = 0; begin < pairs; begin += kPairsExact)
        accumulate<rows>(of, columns, begin, std::min<int64_t>(pairs, begin + kPairsExact), totals);
}

void sums_of(int rows, const int16_t* a, int64_t stride, const int8_t* w, int pairs, int64_t* totals) {
    switch (rows) {
        case 1: return group_sums<1>(a, stride, w, pairs, totals);
        case 2: return group_sums<2>(a, stride, w, pairs, totals);
        case 3: return group_sums<3>(a, stride, w, pairs, totals);
        case 4: return group_sums<4>(a, stride, w, pairs, totals);
        case 5: return group_sums<5>(a, stride, w, pairs, totals);
        default: return group_sums<kRows>(a, stride, w, pairs, totals);
    }
}

constexpr int kQueries = 8;             // positions of one task
constexpr int kChunk = 64;              // keys whose weighted values are summed before widening, where they fit
constexpr int kPairsOfKeys = 3;         // pairs of products of queries and keys, each below 2^28, that always fit 32 bits
constexpr int kPairsOfValues = 2;       // pairs of products of weights and values, each below 2^29, that always fit

// floor(n / d) for |n| < 2^52, 0 < d < 2^52: the float64 quotient is off by at most one.
inline int64_t floor_div(int64_t n, int64_t d) {
    int64_t q = (int64_t)std::floor((double)n / (double)d);
    const int64_t rest = n - q * d;
    return q - (rest < 0) + (rest >= d);
}

struct Attention {
    int64_t heads, groups, width, padded, capacity, factor;
    int shift;
    const int16_t* table;
    int64_t entries;
    int16_t *keys, *values;  // [groups, width / 2, capacity, 2], [groups, capacity / 2, padded, 2]
    int32_t* extremes;       // [2, groups]: largest key and value so far
};

void remember(const Attention& at, const int16_t* rows, int64_t stride, int64_t count, int64_t first) {
    for (int64_t t = 0; t < count; ++t) {
        const int64_t p = first + t;
        for (int64_t g = 0; g < at.groups; ++g) {
            const int16_t* k = rows + t * stride + (at.heads + g) * at.width;
            const int16_t* v = k + at.groups * at.width;
            int16_t* ks = at.keys + g * at.width * at.capacity + 2 * p;
            int16_t* vs = at.values + (g * (at.capacity / 2) + p / 2) * at.padded * 2 + p % 2;
            int32_t most_k = at.extremes[g], most_v = at.extremes[at.groups + g];
            for (int64_t i = 0; i < at.width; ++i) {
                ks[(i / 2) * at.capacity * 2 + i % 2] = k[i];
                vs[2 * i] = v[i];
                most_k = std::max(most_k, std::abs((int32_t)k[i]));
                most_v = std::max(most_v, std::abs((int32_t)v[i]));
            }
            at.extremes[g] = most_k;
            at.extremes[at.groups + g] = most_v;
        }
    }
}

// Products of `rows` queries with 64 keys, to `dots` [rows, 64]; `step` pairs of elements fit 32 bits.
template <int rows>
void key_dots(const int16_t* const* q, const int16_t* k, int64_t stride, int pairs, int step, int64_t* dots) {
    std::memset(dots, 0, sizeof(int64_t) * rows * kGroup);
    const auto of = [=](int r) { return q[r]; };
    const auto columns = [=](int64_t p) {
        const int16_t* at = k + p * stride;
        return Four{load(at), load(at + 32), load(at + 64), load(at + 96)};
    };
    for (int64_t begin = 0; begin < pairs; begin += step)
        accumulate<rows>(of, columns, begin, std::min<int64_t>(pairs, begin + step), dots);
}

// Weighted sums of up to 64 dimensions over pairs of keys `begin` to `end`, added to `mixed` [rows, 64].
template <int rows>
void mix_values(const int16_t* const* e, const int16_t* v, int64_t stride, int64_t begin, int64_t end, int64_t* mixed) {
    const auto columns = [=](int64_t p) {
        const int16_t* at = v + p * stride;
        return Four{load(at), load(at + 32), load(at + 64), load(at + 96)};
    };
    accumulate<rows>([=](int r) { return e[r]; }, columns, begin, end, mixed);
}

template <int rows>
void attend_rows(const Attention& at, int64_t g, const int16_t* const* q, const int64_t* seen, int16_t* const* out) {
    int64_t most = 0, allowed = INT32_MAX;
    for (int r = 0; r < rows; ++r) most = std::max(most, seen[r]);
    for (int r = 0; r < rows; ++r) {
        int64_t sum = 0;
        for (int64_t i = 0; i < at.width; ++i) sum += std::abs((int32_t)q[r][i]);
        if (sum * at.extremes[g] > allowed) { allowed = 0; break; }
    }
    const int pairs = (int)(at.width / 2), step = allowed ? pairs : kPairsOfKeys;
    const int64_t length = (most + kChunk - 1) / kChunk * kChunk;
    std::unique_ptr<int32_t[]> scores(new int32_t[rows * length]);
    std::unique_ptr<int16_t[]> weights(new int16_t[rows * length]);
    const int16_t* keys = at.keys + g * at.width * at.capacity;
    const int64_t half = at.shift ? int64_t(1) << (at.shift - 1) : 0;
    for (int64_t s = 0; s < most; s += kGroup) {
        alignas(64) int64_t dots[rows * kGroup];
        key_dots<rows>(q, keys + 2 * s, at.capacity * 2, pairs, step, dots);
        for (int r = 0; r < rows; ++r)
            for (int i = 0; i < kGroup; ++i)
                scores[r * length + s + i] =
                    (int32_t)clamped((dots[r * kGroup + i] * at.factor + half) >> at.shift, kWide);
    }
    int64_t totals[rows];
    const int16_t* e[rows];
    for (int r = 0; r < rows; ++r) {
        const int32_t* score = scores.get() + r * length;
        int16_t* weight = weights.get() + r * length;
        int32_t largest = score[0];
        for (int64_t s = 1; s < seen[r]; ++s) largest = std::max(largest, score[s]);
        int64_t total = 0;
        for (int64_t s = 0; s < seen[r]; ++s) {
            const int64_t below = (int64_t)largest - score[s];
            weight[s] = below < at.entries ? at.table[below] : 0;
            total += weight[s];
        }
        std::memset(weight + seen[r], 0, sizeof(int16_t) * (length - seen[r]));
        totals[r] = std::max<int64_t>(1, total);
        e[r] = weight;
    }
    const int16_t* values = at.values + g * (at.capacity / 2) * at.padded * 2;
    const int64_t largest_value = at.extremes[at.groups + g];
    for (int64_t d = 0; d < at.width; d += kGroup) {
        alignas(64) int64_t mixed[rows * kGroup] = {};
        for (int64_t s = 0; s < most; s += kChunk) {
            bool fits = true;
            for (int r = 0; r < rows; ++r) {
                int64_t sum = 0;
                for (int i = 0; i < kChunk; ++i) sum += std::abs((int32_t)e[r][s + i]);
                fits = fits && sum * largest_value <= INT32_MAX;
            }
            const int64_t last = std::min(s + kChunk, length) / 2, by = fits ? kChunk / 2 : kPairsOfValues;
            for (int64_t p = s / 2; p < last; p += by)
                mix_values<rows>(e, values + 2 * d, at.padded * 2, p, std::min(p + by, last), mixed);
        }
        const int64_t count = std::min<int64_t>(kGroup, at.width - d);
        for (int r = 0; r < rows; ++r)
            for (int64_t i = 0; i < count; ++i)
                out[r][d + i] = (int16_t)floor_div(2 * mixed[r * kGroup + i] + totals[r], 2 * totals[r]);
    }
}

// (21): eight words of noise for each of `kHashes` groups of tokens, from group `first` on.
void noise_of(uint64_t seed, uint32_t position, uint32_t first, Lanes* digest) {
    Lanes w[kRounds] = {};
    for (int i = 0; i < kHashes; ++i) {
        w[0][i] = (uint32_t)(seed >> 32);
        w[1][i] = (uint32_t)seed;
        w[2][i] = position;
        w[3][i] = first + i;
        w[4][i] = 0x80000000;  // the message ends
        w[15][i] = 128;        // and has so many bits
    }
    begin(digest);
    compress(digest, w);
}

// (22).
inline int64_t gumbel(uint32_t word, const int32_t* table) {
    const uint32_t rest = ~word;
    const int zeros = rest ? __builtin_clz(rest) : 32;
    const uint32_t after = (uint32_t)(((uint64_t)rest << (zeros + 1)) & 0xFFFFFFFF);
    return table[(zeros << 10) + (after >> 22)];
}

}  // namespace

extern "C" {

int64_t packed_bytes(int64_t outputs, int64_t inputs) {
    return (outputs + kGroup - 1) / kGroup * ((inputs + 1) / 2) * 2 * kGroup;
}

void pack(const int8_t* weights, int64_t outputs, int64_t inputs, int8_t* packed, int threads) {
    const int64_t groups = (outputs + kGroup - 1) / kGroup, pairs = (inputs + 1) / 2;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t g = 0; g < groups; ++g) {
        int8_t* to = packed + g * pairs * 2 * kGroup;
        std::memset(to, 0, pairs * 2 * kGroup);
        for (int64_t o = 0; o < kGroup && g * kGroup + o < outputs; ++o) {
            const int8_t* row = weights + (g * kGroup + o) * inputs;
            for (int64_t i = 0; i < inputs; ++i) to[(i / 2) * 2 * kGroup + 2 * o + i % 2] = row[i];
        }
    }
}

// (7). `exponents` may be null; `bias` may be null; `out` is int32 when bound is 2^31 - 1, else int16.
void linear(const int16_t* a, int64_t rows, int64_t inputs, const int8_t* packed, int64_t outputs,
            const int32_t* multiplier, const int32_t* bias, const int32_t* exponents, int shift, int64_t bound,
            void* out, int threads) {
    const int64_t groups = (outputs + kGroup - 1) / kGroup;
    const int pairs = (int)((inputs + 1) / 2);
    std::vector<int16_t> padded;
    int64_t stride = inputs;
    if (inputs % 2) {  // a pair needs its second half
        stride = inputs + 1;
        padded.assign(rows * stride, 0);
        for (int64_t r = 0; r < rows; ++r) std::memcpy(&padded[r * stride], a + r * inputs, inputs * 2);
        a = padded.data();
    }
    const int64_t chunks = (rows + kRowsCached - 1) / kRowsCached;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) collapse(2)
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
        for (int64_t g = 0; g < groups; ++g) {
            const int8_t* w = packed + g * pairs * 2 * kGroup;
            const int64_t last = std::min(rows, (chunk + 1) * kRowsCached);
            const int64_t first_out = g * kGroup, count = std::min<int64_t>(kGroup, outputs - first_out);
            alignas(64) int64_t totals[kRows * kGroup];
            const int64_t first = chunk * kRowsCached, blocks = (last - first + kRows - 1) / kRows;
            int here = 0;
            for (int64_t row = first, block = 0; row < last; row += here, ++block) {
                here = (int)((last - row + blocks - block - 1) / (blocks - block));  // blocks as equal as can be
                sums_of(here, a + row * stride, stride, w, pairs, totals);
                for (int r = 0; r < here; ++r) {
                    const int s = shift - (exponents ? exponents[row + r] : 0);
                    int64_t* t = totals + r * kGroup;
                    const int64_t half = s > 0 ? int64_t(1) << (s - 1) : 0;
                    const int right = std::max(s, 0), left = std::max(-s, 0);
                    for (int64_t o = 0; o < count; ++o) t[o] = ((t[o] * multiplier[first_out + o] + half) >> right) << left;
                    if (bias)
                        for (int64_t o = 0; o < count; ++o) t[o] += bias[first_out + o];
                    const int64_t at = (row + r) * outputs + first_out;
                    if (bound == kWide) {
                        int32_t* to = (int32_t*)out + at;
                        for (int64_t o = 0; o < count; ++o) to[o] = (int32_t)clamped(t[o], bound);
                    } else {
                        int16_t* to = (int16_t*)out + at;
                        for (int64_t o = 0; o < count; ++o) to[o] = (int16_t)clamped(t[o], bound);
                    }
                }
            }
        }
}

// (3)-(6).
void norm(const int32_t* x, int64_t rows, int64_t width, const int32_t* gain, const int32_t* bias, int centred,
          int64_t numerator, int64_t epsilon, int fraction, int64_t bound, void* out, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) if (rows > 8)
    for (int64_t r = 0; r < rows; ++r) {
        std::unique_ptr<int64_t[]> a(new int64_t[width]);
        const int32_t* row = x + r * width;
        int64_t total = 0;
        if (centred)
            for (int64_t i = 0; i < width; ++i) total += row[i];
        int64_t largest = 1;
        for (int64_t i = 0; i < width; ++i) {
            a[i] = centred ? width * row[i] - total : row[i];
            largest = std::max(largest, std::abs(a[i]));
        }
        const int exponent = bit_length((uint64_t)largest) - 15;
        const int up = std::max(-exponent, 0), down = std::max(exponent, 0);
        const int64_t half = down ? int64_t(1) << (down - 1) : 0;
        int64_t squares = (epsilon << (2 * up)) >> (2 * down);
        for (int64_t i = 0; i < width; ++i) {
            a[i] = ((a[i] << up) + half) >> down;
            squares += a[i] * a[i];
        }
        const int64_t reciprocal = numerator / std::max<int64_t>(1, isqrt(squares << 16));
        const int s = 34 - fraction;
        for (int64_t i = 0; i < width; ++i)
            a[i] = (((a[i] * reciprocal + (1 << 19)) >> 20) * gain[i] + (int64_t(1) << (s - 1))) >> s;
        if (bias)
            for (int64_t i = 0; i < width; ++i) a[i] += bias[i];
        if (bound == kWide)
            for (int64_t i = 0; i < width; ++i) ((int32_t*)out)[r * width + i] = (int32_t)clamped(a[i], bound);
        else
            for (int64_t i = 0; i < width; ++i) ((int16_t*)out)[r * width + i] = (int16_t)clamped(a[i], bound);
    }
}

// (10), in place of a copy: x and out are int16 [rows, width].
void rotate(const int16_t* x, int64_t rows, int64_t width, int64_t heads, int64_t head_width, const int16_t* table,
            const int64_t* positions, int16_t* out, int threads) {
    const int64_t half = head_width / 2;
#pragma omp parallel for num_threads(threads) schedule(static) if (rows > 8)
    for (int64_t r = 0; r < rows; ++r) {
        const int16_t* turn = table + positions[r] * head_width;
        for (int64_t h = 0; h < heads; ++h) {
            const int16_t *a = x + r * width + h * head_width, *b = a + half;
            int16_t *to = out + r * width + h * head_width, *also = to + half;
            for (int64_t i = 0; i < half; ++i) {
                const int32_t c = turn[2 * i], s = turn[2 * i + 1];
                to[i] = (int16_t)std::max(-16383, std::min(16383, (a[i] * c - b[i] * s + 8192) >> 14));
                also[i] = (int16_t)std::max(-16383, std::min(16383, (b[i] * c + a[i] * s + 8192) >> 14));
            }
        }
        for (int64_t i = heads * head_width; i < width; ++i)
            out[r * width + i] = (int16_t)std::max(-16383, std::min(16383, (int)x[r * width + i]));
    }
}

// (2).
void add(const int32_t* x, const int32_t* y, int64_t count, int32_t* out) {
    for (int64_t i = 0; i < count; ++i) out[i] = (int32_t)clamped((int64_t)x[i] + y[i], kWide);
}

// (17) and (9): gates and others are the halves of each row [2 * width].
void gate_quantise(const int16_t* x, int64_t rows, int64_t width, const int32_t* table, int shift, int16_t* out,
                   int32_t* exponents, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) if (rows > 1)
    for (int64_t r = 0; r < rows; ++r) {
        std::unique_ptr<int32_t[]> m(new int32_t[width]);
        const int16_t *g = x + r * 2 * width, *u = g + width;
        const int64_t half = shift ? int64_t(1) << (shift - 1) : 0;
        int32_t largest = 0;
        for (int64_t i = 0; i < width; ++i) {
            m[i] = (int32_t)clamped(((int64_t)table[g[i] + 32768] * u[i] + half) >> shift, kWide);
            largest = std::max(largest, std::abs(m[i]));
        }
        const int exponent = std::max(0, bit_length((uint64_t)largest) - 15);
        const int64_t rounding = exponent ? int64_t(1) << (exponent - 1) : 0;
        for (int64_t i = 0; i < width; ++i)
            out[r * width + i] = (int16_t)clamped(((int64_t)m[i] + rounding) >> exponent, 32639);
        exponents[r] = exponent;
    }
}

// One sequence's rows in a batch, and where its keys and values are.
struct Segment {
    int64_t start, count, first, capacity;
    int16_t *keys, *values;
    int32_t* extremes;
};

// (11)-(15) for each segment's positions from its `first` on: their keys and values are remembered, then each looks back.
// x is int16 [rows, stride], out int16 [rows, heads * width]; capacities and `padded` are multiples of 64.
void attend(const int16_t* x, int64_t stride, const Segment* segments, int64_t sequences, int64_t heads, int64_t groups,
            int64_t width, int64_t padded, int64_t factor, int shift, const int16_t* table, int64_t entries, int16_t* out,
            int threads) {
    struct Task { int64_t segment, group, begin, end; };
    std::vector<Attention> at;
    std::vector<Task> tasks;
    for (int64_t i = 0; i < sequences; ++i) {
        const Segment& s = segments[i];
        at.push_back({heads, groups, width, padded, s.capacity, factor, shift, table, entries, s.keys, s.values, s.extremes});
        remember(at[i], x + s.start * stride, stride, s.count, s.first);
        for (int64_t t = s.count; t > 0; t -= kQueries)  // the longest first
            for (int64_t g = 0; g < groups; ++g) tasks.push_back({i, g, std::max<int64_t>(0, t - kQueries), t});
    }
    const int64_t each = heads / groups;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (tasks.size() > 1)
    for (size_t i = 0; i < tasks.size(); ++i) {
        const Task& task = tasks[i];
        const Segment& s = segments[task.segment];
        const int16_t* q[kRows];
        int16_t* to[kRows];
        int64_t seen[kRows];
        int filled = 0;
        int64_t left = (task.end - task.begin) * each;
        for (int64_t t = task.begin; t < task.end; ++t)
            for (int64_t h = task.group * each; h < (task.group + 1) * each; ++h) {
                q[filled] = x + (s.start + t) * stride + h * width;
                to[filled] = out + ((s.start + t) * heads + h) * width;
                seen[filled++] = s.first + t + 1;
                if (--left && filled < kRows) continue;
                const Attention& a = at[task.segment];
                switch (filled) {
                    case 1: attend_rows<1>(a, task.group, q, seen, to); break;
                    case 2: attend_rows<2>(a, task.group, q, seen, to); break;
                    case 3: attend_rows<3>(a, task.group, q, seen, to); break;
                    case 4: attend_rows<4>(a, task.group, q, seen, to); break;
                    case 5: attend_rows<5>(a, task.group, q, seen, to); break;
                    default: attend_rows<kRows>(a, task.group, q, seen, to);
                }
                filled = 0;
            }
    }
}

// (19)-(21) for logits [rows, vocabulary], the first of them at `position` of the output; temperature is not zero.
void choose(const int32_t* logits, int64_t rows, int64_t vocabulary, int64_t temperature, int64_t cut, uint64_t seed,
            uint32_t position, const int32_t* table, int64_t* chosen, int threads) {
    constexpr int kAtOnce = kHashes * kWords;
    const int64_t parts = (vocabulary + kAtOnce - 1) / kAtOnce;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (rows > 1)
    for (int64_t r = 0; r < rows; ++r) {
        const int32_t* l = logits + r * vocabulary;
        int32_t largest = l[0];
        for (int64_t i = 1; i < vocabulary; ++i) largest = std::max(largest, l[i]);
        int64_t most = INT64_MIN, token = 0;
        for (int64_t part = 0; part < parts; ++part) {
            const int64_t first = part * kAtOnce, last = std::min(vocabulary, first + kAtOnce);
            int32_t here = l[first];
            for (int64_t i = first; i < last; ++i) here = std::max(here, l[i]);
            if (cut && 1000 * ((int64_t)largest - here) > temperature * cut * 256) continue;  // none of them is kept
            alignas(64) Lanes digest[kWords];
            noise_of(seed, position + (uint32_t)r, (uint32_t)(first / kWords), digest);
            for (int64_t i = first; i < last; ++i) {
                if (cut && 1000 * ((int64_t)largest - l[i]) > temperature * cut * 256) continue;
                const int64_t key = 1000 * (int64_t)l[i] + temperature * gumbel(digest[i % kWords][i / kWords % kHashes], table);
                if (key > most) most = key, token = i;
            }
        }
        chosen[r] = token;
    }
}

// Leaf hashes [tensors * rows, pieces] of tensors [rows, width] of integers of `size` bytes, 2 or 4: each row's elements
// from `first` on, in pieces of at most `piece`.
void leaves(const uint8_t* const* tensors, int64_t count, int64_t rows, int64_t width, int64_t first, int64_t size,
            int64_t piece, uint8_t* hashed, int threads) {
    const int64_t whole = (width - first) / piece, rest = (width - first) % piece, pieces = whole + (rest > 0);
    const auto hash_all = [&](int64_t each, int64_t from, int64_t elements) {  // `each` pieces of a row, from piece `from`
        hash_messages(count * rows * each, 1 + elements * size, threads,
            [&](int64_t i, uint8_t* to) {
                *to++ = 0;
                const int64_t row = i / each, begin = first + (from + i % each) * piece;
                const uint8_t* at = tensors[row / rows] + (row % rows * width + begin) * size;
                if (size == 2) big_endian_of<uint16_t>(at, elements, to);
                else big_endian_of<uint32_t>(at, elements, to);
            },
            [&](int64_t i) { return hashed + 32 * (i / each * pieces + from + i % each); });
    };
    if (whole) hash_all(whole, 0, piece);
    if (rest) hash_all(1, whole, rest);
}

// Roots of `trees` trees over `count` hashes each, by RFC 6962.
void roots(const uint8_t* hashes, int64_t trees, int64_t count, uint8_t* root, int threads) {
    std::vector<uint8_t> level(hashes, hashes + 32 * trees * count), above;
    for (; count > 1; level.swap(above)) {
        const int64_t pairs = count / 2, next = count - pairs;
        above.resize(32 * trees * next);
        hash_messages(trees * pairs, 65, threads,
            [&](int64_t i, uint8_t* to) {
                *to++ = 1;
                std::memcpy(to, &level[32 * (i / pairs * count + i % pairs * 2)], 64);
            },
            [&](int64_t i) { return &above[32 * (i / pairs * next + i % pairs)]; });
        if (count % 2)
            for (int64_t t = 0; t < trees; ++t)
                std::memcpy(&above[32 * (t * next + pairs)], &level[32 * (t * count + count - 1)], 32);
        count = next;
    }
    std::memcpy(root, level.data(), 32 * trees);
}

}  // extern "C"
