// SHA-256 (FIPS 180-4) of sixteen messages at once, one in each lane of a vector.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr int kHashes = 16;             // messages at once
constexpr int kWords = 8;               // 32-bit words of a digest
constexpr int kBlock = 64;              // bytes of a block
constexpr int kRounds = 64;
typedef uint32_t Lanes __attribute__((vector_size(4 * kHashes)));

constexpr uint32_t kStart[kWords] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr uint32_t kRound[kRounds] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Rotation to the right, and the three functions of bits; compilers do not find the instructions that AVX-512 has for them.
#if defined(__AVX512F__)
template <int by> inline Lanes turned(Lanes x) { return (Lanes)_mm512_ror_epi32((__m512i)x, by); }
template <int table> inline Lanes bits(Lanes a, Lanes b, Lanes c) {
    return (Lanes)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)c, table);
}
inline Lanes odd(Lanes a, Lanes b, Lanes c) { return bits<0x96>(a, b, c); }
inline Lanes chosen_by(Lanes a, Lanes b, Lanes c) { return bits<0xCA>(a, b, c); }
inline Lanes most_of(Lanes a, Lanes b, Lanes c) { return bits<0xE8>(a, b, c); }
#else
template <int by> inline Lanes turned(Lanes x) { return (x >> by) | (x << (32 - by)); }
inline Lanes odd(Lanes a, Lanes b, Lanes c) { return a ^ b ^ c; }
inline Lanes chosen_by(Lanes a, Lanes b, Lanes c) { return (a & b) ^ (~a & c); }
inline Lanes most_of(Lanes a, Lanes b, Lanes c) { return (a & b) ^ (a & c) ^ (b & c); }
#endif

inline void begin(Lanes* state) {
    for (int k = 0; k < kWords; ++k) state[k] = Lanes{} + kStart[k];
}

// One block of each message: `w` has room for all rounds, its first sixteen words are the block.
inline void compress(Lanes* state, Lanes* w) {
#pragma GCC unroll 16
    for (int t = 16; t < kRounds; ++t) {
        const Lanes a = w[t - 15], b = w[t - 2];
        w[t] = w[t - 16] + odd(turned<7>(a), turned<18>(a), a >> 3) + w[t - 7] + odd(turned<17>(b), turned<19>(b), b >> 10);
    }
    Lanes a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 8
    for (int t = 0; t < kRounds; ++t) {
        const Lanes x = h + odd(turned<6>(e), turned<11>(e), turned<25>(e)) + chosen_by(e, f, g) + kRound[t] + w[t];
        const Lanes y = odd(turned<2>(a), turned<13>(a), turned<22>(a)) + most_of(a, b, c);
        h = g; g = f; f = e; e = d + x;
        d = c; c = b; b = a; a = x + y;
    }
    const Lanes end[kWords] = {a, b, c, d, e, f, g, h};
    for (int k = 0; k < kWords; ++k) state[k] += end[k];
}

inline uint32_t big_endian(const uint8_t* at) {
    uint32_t word;
    std::memcpy(&word, at, 4);
    return __builtin_bswap32(word);
}

inline uint16_t swapped(uint16_t v) { return __builtin_bswap16(v); }
inline uint32_t swapped(uint32_t v) { return __builtin_bswap32(v); }

// Integers of the processor's byte order, big-endian.
template <class Integer> void big_endian_of(const uint8_t* from, int64_t count, uint8_t* to) {
    for (int64_t i = 0; i < count; ++i) {
        Integer v;
        std::memcpy(&v, from + i * sizeof v, sizeof v);
        v = swapped(v);
        std::memcpy(to + i * sizeof v, &v, sizeof v);
    }
}

// Words of sixteen blocks, `stride` bytes apart, to one vector for each place in the block.
inline void transposed(const uint8_t* blocks, int64_t stride, Lanes* w) {
#if defined(__AVX512F__) && defined(__AVX512BW__)
    const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    __m512i a[kHashes], b[kHashes];
    for (int i = 0; i < kHashes; ++i) a[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks + i * stride), order);
    for (int i = 0; i < kHashes; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    for (int i = 0; i < kHashes; i += 4)
        for (int k = 0; k < 2; ++k) {
            a[i + 2 * k] = _mm512_unpacklo_epi64(b[i + k], b[i + k + 2]);
            a[i + 2 * k + 1] = _mm512_unpackhi_epi64(b[i + k], b[i + k + 2]);
        }
    for (int i = 0; i < kHashes; i += 8)  // a[4q + c]: column c of each quarter of rows 4q to 4q + 3
        for (int c = 0; c < 4; ++c) {
            b[i + c] = _mm512_shuffle_i32x4(a[i + c], a[i + c + 4], 0x88);
            b[i + c + 4] = _mm512_shuffle_i32x4(a[i + c], a[i + c + 4], 0xDD);
        }
    for (int c = 0; c < 8; ++c) {  // quarters 0 and 2 where c < 4, else 1 and 3
        w[c] = (Lanes)_mm512_shuffle_i32x4(b[c], b[c + 8], 0x88);
        w[c + 8] = (Lanes)_mm512_shuffle_i32x4(b[c], b[c + 8], 0xDD);
    }
#else
    for (int t = 0; t < kBlock / 4; ++t)
        for (int i = 0; i < kHashes; ++i) w[t][i] = big_endian(blocks + i * stride + 4 * t);
#endif
}

// Digests of `count` messages of `length` bytes: `write(i, to)` writes message i, `place(i)` is where its digest goes.
template <class Write, class Place>
void hash_messages(int64_t count, int64_t length, int threads, Write write, Place place) {
    const int64_t blocks = (length + 9 + kBlock - 1) / kBlock, stride = blocks * kBlock;
    const int64_t groups = (count + kHashes - 1) / kHashes;
#pragma omp parallel for num_threads(threads) schedule(static) if (groups * blocks > 64)
    for (int64_t group = 0; group < groups; ++group) {
        const int64_t first = group * kHashes, here = std::min<int64_t>(kHashes, count - first);
        std::vector<uint8_t> messages(kHashes * stride);
        for (int64_t i = 0; i < here; ++i) {
            uint8_t* message = &messages[i * stride];
            write(first + i, message);
            message[length] = 0x80;
            for (int byte = 0; byte < 8; ++byte) message[stride - 1 - byte] = (uint8_t)((uint64_t)length * 8 >> 8 * byte);
        }
        alignas(64) Lanes state[kWords], w[kRounds];
        begin(state);
        for (int64_t block = 0; block < blocks; ++block) {
            transposed(&messages[block * kBlock], stride, w);
            compress(state, w);
        }
        for (int64_t i = 0; i < here; ++i)
            for (int k = 0; k < kWords; ++k) {
                const uint32_t word = __builtin_bswap32(state[k][i]);
                std::memcpy(place(first + i) + 4 * k, &word, 4);
            }
    }
}

}  // namespace
