// FAISS' two innermost functions for the CPU at hand. Debian compiles FAISS for the oldest x86-64, where they take one
// number at a time, and they are most of the work of building and searching. scripts/setup-faiss.mjs links them in front
// of FAISS' own, which the linker then leaves out.
#include <cstddef>

namespace {

typedef float Lanes __attribute__((vector_size(64)));
typedef float UnalignedLanes __attribute__((vector_size(64), aligned(4)));
constexpr size_t WIDTH = sizeof(Lanes) / sizeof(float);

inline __attribute__((always_inline)) float sum(const Lanes& lanes) {
  float parts[WIDTH];
  for (size_t i = 0; i < WIDTH; i++) parts[i] = lanes[i];
  for (size_t half = WIDTH / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) parts[i] += parts[i + half];
  return parts[0];
}

#define LOAD(from) (*reinterpret_cast<const UnalignedLanes*>(from))

// Two sums side by side, so that one addition need not wait for the last.
inline __attribute__((always_inline)) float innerProduct(const float* x, const float* y, size_t d) {
  Lanes even = {}, odd = {};
  size_t i = 0;
  for (; i + 2 * WIDTH <= d; i += 2 * WIDTH) {
    even += LOAD(x + i) * LOAD(y + i);
    odd += LOAD(x + i + WIDTH) * LOAD(y + i + WIDTH);
  }
  float total = sum(even + odd);
  for (; i < d; i++) total += x[i] * y[i];
  return total;
}

inline __attribute__((always_inline)) float squaredDistance(const float* x, const float* y, size_t d) {
  Lanes even = {}, odd = {};
  size_t i = 0;
  for (; i + 2 * WIDTH <= d; i += 2 * WIDTH) {
    const Lanes a = LOAD(x + i) - LOAD(y + i);
    const Lanes b = LOAD(x + i + WIDTH) - LOAD(y + i + WIDTH);
    even += a * a;
    odd += b * b;
  }
  float total = sum(even + odd);
  for (; i < d; i++) total += (x[i] - y[i]) * (x[i] - y[i]);
  return total;
}

// The same source for each kind of CPU; which one runs is decided once, when the library is loaded.
typedef float (*Distance)(const float*, const float*, size_t);
#define VERSION(name, ...)                                                              \
  __VA_ARGS__ float innerProduct_##name(const float* x, const float* y, size_t d) {      \
    return innerProduct(x, y, d);                                                        \
  }                                                                                      \
  __VA_ARGS__ float squaredDistance_##name(const float* x, const float* y, size_t d) {   \
    return squaredDistance(x, y, d);                                                     \
  }

VERSION(plain)
#if defined(__x86_64__)
VERSION(avx2, __attribute__((target("avx2,fma"))))
VERSION(avx512, __attribute__((target("avx512f"))))

bool hasAvx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f");
}
bool hasAvx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#define CHOOSE(name) (hasAvx512() ? name##_avx512 : hasAvx2() ? name##_avx2 : name##_plain)
#else
#define CHOOSE(name) name##_plain
#endif

const Distance chosenInnerProduct = CHOOSE(innerProduct);
const Distance chosenSquaredDistance = CHOOSE(squaredDistance);

}  // namespace

namespace faiss {

float fvec_inner_product(const float* x, const float* y, size_t d) { return chosenInnerProduct(x, y, d); }
float fvec_L2sqr(const float* x, const float* y, size_t d) { return chosenSquaredDistance(x, y, d); }

}  // namespace faiss
