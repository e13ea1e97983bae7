#include <algorithm>
#include <cstring>
#include <random>

#include "realgpu/cublas.h"
#include "realgpu/measure/consumers.h"
#include "realgpu/measure/suite_contention.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kBf16Bytes = 2;

// Evenly spread in [-1, 1]: zeros or equal numbers would cost less power, and run faster.
void fill_at_random(const DeviceBuffer& buffer) {
  constexpr std::size_t kPattern = 1 << 20;
  std::mt19937 random(1);
  std::uniform_real_distribution<float> even(-1, 1);
  std::vector<std::uint16_t> pattern(kPattern);
  for (std::uint16_t& element : pattern) {
    const float value = even(random);
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    element = static_cast<std::uint16_t>(bits >> 16);
  }
  const DeviceScope scope(buffer.device());
  const std::int64_t piece = static_cast<std::int64_t>(kPattern) * kBf16Bytes;
  for (std::int64_t at = 0; at < buffer.bytes(); at += piece)
    TL_CUDA(cudaMemcpy(buffer.data() + at, pattern.data(),
                       static_cast<std::size_t>(std::min(piece, buffer.bytes() - at)),
                       cudaMemcpyHostToDevice));
}

// One shape with its matrices: one pointer per matrix where there are several.
class Gemm {
 public:
  Gemm(const Cublas& cublas, const GemmShape& shape)
      : cublas_(cublas),
        shape_(shape),
        a_(0, size(shape.m, shape.k)),
        b_(0, size(shape.k, shape.n)),
        c_(0, size(shape.m, shape.n)),
        pointers_(0, 3 * shape.count * static_cast<std::int64_t>(sizeof(void*))) {
    fill_at_random(a_);
    fill_at_random(b_);
    upload_pointers();
  }

  [[nodiscard]] Consumer consumer() const {
    return {name(), {0, shape_.flops()}, [this](const Stream& stream) {
              if (shape_.count == 1)
                cublas_.dense(shape_, {a_.data(), b_.data(), c_.data()}, stream);
              else
                cublas_.gemm(shape_, matrices(), stream);
            }};
  }

 private:
  [[nodiscard]] std::int64_t size(int rows, int columns) const {
    return kBf16Bytes * rows * columns * shape_.count;
  }
  [[nodiscard]] std::string name() const {
    return "gemm " + std::to_string(shape_.m) + "x" + std::to_string(shape_.n) + "x" +
           std::to_string(shape_.k) +
           (shape_.count > 1 ? " batch " + std::to_string(shape_.count) : "");
  }
  void upload_pointers() const {
    std::vector<std::byte*> all;
    for (const DeviceBuffer* buffer : {&a_, &b_, &c_})
      for (int i = 0; i < shape_.count; ++i)
        all.push_back(buffer->data() + buffer->bytes() / shape_.count * i);
    pointers_.upload(all.data(), pointers_.bytes());
  }
  [[nodiscard]] GemmPointers matrices() const {
    auto** first = reinterpret_cast<void**>(pointers_.data());
    return {first, first + shape_.count, first + 2 * shape_.count};
  }

  const Cublas& cublas_;
  GemmShape shape_;
  DeviceBuffer a_, b_, c_, pointers_;
};

// Decode, prefill, a large square, and a batch as of eight experts.
std::vector<GemmShape> gemm_shapes(bool quick) {
  if (quick) return {{4096, 4096, 4096, 1}, {512, 2048, 4096, 8}};
  return {{8192, 64, 8192, 1}, {4096, 4096, 4096, 1}, {8192, 8192, 8192, 1}, {2048, 512, 4096, 8}};
}

std::vector<Consumer> copies(const PairBench& bench) {
  return {engine_consumer(bench, Path::pull, 0),
          engine_consumer(bench, Path::push, 0),
          sm_consumer(bench, Path::pull, sm_shape(8, 4), 0),
          sm_consumer(bench, Path::pull, sm_shape(32, 4), 0),
          sm_consumer(bench, Path::push, sm_shape(16, 4), 0),
          sm_consumer(bench, Path::local, sm_shape(16, 4), 0),
          engine_consumer(bench, Path::local, 0)};
}

}  // namespace

void measure_overlap(Recorder& recorder) {
  const PairBench bench(0, 1, 2 * kConsumerBytes);
  const Pairing pairing(recorder, 0);
  const std::vector<Consumer> others = copies(bench);
  for (const Consumer& other : others) pairing.alone("overlap", other);
  try {
    const Cublas cublas(0);
    recorder.environment().cublas = cublas.version();
    for (const GemmShape& shape : gemm_shapes(recorder.quick())) {
      const Gemm gemm(cublas, shape);
      const Consumer product = gemm.consumer();
      pairing.alone("overlap", product);
      for (const Consumer& other : others) pairing.together("overlap", product, other);
    }
  } catch (const UnsupportedError& error) {
    recorder.skip("gemm", error.what());
  }
}

}  // namespace twinlink::realgpu
