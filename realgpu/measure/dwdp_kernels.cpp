#include "realgpu/measure/dwdp_kernels.h"

#include <algorithm>

#include "realgpu/cublas_lt.h"
#include "realgpu/exact_pattern.h"
#include "realgpu/measure/consumers.h"
#include "realgpu/measure/dwdp_cases.h"
#include "realgpu/product_kernels.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kBf16 = 2;
constexpr int kTokens = 4096;
constexpr int kExperts = 32;
const char* const kMeasure = "dwdp_overlap";
// The output projection, and gate and up of 32 experts with 4096 x 8 / 32 rows each.
constexpr GemmShape kOutput{7168, kTokens, 16384, 1};
constexpr GemmShape kGateUp{4096, kTokens * 8 / kExperts, 7168, kExperts};

std::uint16_t* numbers_in(const DeviceBuffer& buffer) {
  return reinterpret_cast<std::uint16_t*>(buffer.data());
}

const models::Compute& stage_of(const std::vector<models::Compute>& stages, const char* kernel) {
  for (const models::Compute& stage : stages)
    if (stage.kernel == kernel) return stage;
  TL_ENSURE(false, "a layer has a stage of every kind");
}

// Kernels that stand for work without shapes.
class Loads {
 public:
  Loads() : buffer_(0, std::int64_t{256} << 20) {
    const DeviceScope scope(0);
    launch_weights(numbers_in(buffer_), buffer_.bytes() / kBf16, {}, nullptr);
    TL_CUDA(cudaDeviceSynchronize());
  }
  [[nodiscard]] Consumer attention(const models::Compute& work) const {
    return {"attention", {0, work.flops}, [args = args_of(work)](const Stream& stream) {
              const DeviceScope scope(stream.device());
              launch_attention(args, stream.get());
            }};
  }
  [[nodiscard]] Consumer others(const models::Compute& work) const {
    return {"others",
            {static_cast<double>(work.hbm_bytes.count), 0},
            [args = args_of(work)](const Stream& stream) {
              const DeviceScope scope(stream.device());
              launch_stream_read(args, stream.get());
            }};
  }

 private:
  [[nodiscard]] WorkArgs args_of(const models::Compute& work) const {
    WorkArgs args;
    args.flops = work.flops;
    args.bytes = work.hbm_bytes.count;
    args.buffer = buffer_.data();
    args.buffer_bytes = buffer_.bytes();
    args.sink = reinterpret_cast<float*>(buffer_.data());
    return args;
  }
  DeviceBuffer buffer_;
};

enum class Way { dense, batched, grouped, each };

std::string name_of(Way way) {
  switch (way) {
    case Way::dense: return "dense";
    case Way::batched: return "grouped batched";
    case Way::grouped: return "grouped grouped";
    case Way::each: return "grouped each";
  }
  return {};
}

// Products of one shape with exact operands.
class Multiplied {
 public:
  Multiplied(const Cublas& cublas, const GemmShape& shape)
      : cublas_(cublas),
        shape_(shape),
        a_(0, bytes(shape.m, shape.k)),
        b_(0, bytes(shape.k, shape.n)),
        c_(0, bytes(shape.m, shape.n)),
        pointers_(0, 3 * shape.count * static_cast<std::int64_t>(sizeof(void*))) {
    const DeviceScope scope(0);
    launch_weights(numbers_in(a_), a_.bytes() / kBf16, {}, nullptr);
    launch_activations(numbers_in(b_), b_.bytes() / kBf16, nullptr);
    std::vector<std::byte*> all;
    for (const DeviceBuffer* buffer : {&a_, &b_, &c_})
      for (int i = 0; i < shape_.count; ++i) all.push_back(matrix(*buffer, i));
    pointers_.upload(all.data(), pointers_.bytes());
  }
  [[nodiscard]] Consumer consumer(Way way) const {
    const std::string shape =
        std::to_string(shape_.m) + "x" + std::to_string(shape_.n) + "x" + std::to_string(shape_.k);
    return {name_of(way) + " " + shape, {0, shape_.flops()}, [this, way](const Stream& stream) {
              issue(way, stream);
            }};
  }

 private:
  [[nodiscard]] std::int64_t bytes(int rows, int columns) const {
    return kBf16 * rows * columns * shape_.count;
  }
  [[nodiscard]] std::byte* matrix(const DeviceBuffer& buffer, int i) const {
    return buffer.data() + buffer.bytes() / shape_.count * i;
  }
  void issue(Way way, const Stream& stream) const {
    auto** first = reinterpret_cast<void**>(pointers_.data());
    const GemmPointers pointers{first, first + shape_.count, first + 2 * shape_.count};
    switch (way) {
      case Way::batched: return cublas_.gemm(shape_, pointers, stream);
      case Way::grouped: return cublas_.grouped({shape_}, pointers, stream);
      case Way::dense:
      case Way::each: break;
    }
    const GemmShape one{shape_.m, shape_.n, shape_.k, 1};
    for (int i = 0; i < shape_.count; ++i)
      cublas_.dense(one, {matrix(a_, i), matrix(b_, i), matrix(c_, i)}, stream);
  }
  const Cublas& cublas_;
  GemmShape shape_;
  DeviceBuffer a_, b_, c_, pointers_;
};

// Products in e4m3 of whole numbers in [-15, 15], one call each.
class Fp8 {
 public:
  Fp8(const CublasLt& cublas, const GemmShape& shape)
      : cublas_(cublas),
        shape_(shape),
        a_(0, std::int64_t{shape.m} * shape.k * shape.count),
        b_(0, std::int64_t{shape.n} * shape.k * shape.count),
        c_(0, kBf16 * shape.m * shape.n * shape.count) {
    fill(a_);
    fill(b_);
  }
  [[nodiscard]] Consumer consumer(const std::string& name) const {
    return {name + " " + std::to_string(shape_.m) + "x" + std::to_string(shape_.n) + "x" +
                std::to_string(shape_.k),
            {0, shape_.flops()},
            [this](const Stream& stream) { issue(stream); }};
  }

 private:
  static void fill(const DeviceBuffer& buffer) {
    constexpr std::int64_t kPattern = 1 << 20;
    std::vector<std::uint8_t> pattern;
    for (std::int64_t i = 0; i < kPattern; ++i) pattern.push_back(e4m3_bits(activation_at(i)));
    const DeviceScope scope(buffer.device());
    for (std::int64_t at = 0; at < buffer.bytes(); at += kPattern)
      TL_CUDA(cudaMemcpy(buffer.data() + at, pattern.data(),
                         static_cast<std::size_t>(std::min(kPattern, buffer.bytes() - at)),
                         cudaMemcpyHostToDevice));
  }
  void issue(const Stream& stream) const {
    const GemmShape one{shape_.m, shape_.n, shape_.k, 1};
    for (int i = 0; i < shape_.count; ++i)
      cublas_.fp8(one, {matrix(a_, i), matrix(b_, i), matrix(c_, i)}, stream);
  }
  [[nodiscard]] std::byte* matrix(const DeviceBuffer& buffer, int i) const {
    return buffer.data() + buffer.bytes() / shape_.count * i;
  }
  const CublasLt& cublas_;
  GemmShape shape_;
  DeviceBuffer a_, b_, c_;
};

// A pull by each GPU from the other; the peer's is issued by the peer.
class BothPulls {
 public:
  explicit BothPulls(const PairBench& bench) : bench_(bench), side_(1), begun_(0), ended_(1) {}
  [[nodiscard]] Consumer consumer() const {
    return {"copy_both", {static_cast<double>(kConsumerBytes), 0}, [this](const Stream& stream) {
              begun_.record(stream);
              begun_.make_wait(side_);
              copy_by_engine(side_, bench_.own.data(), bench_.peer_beside.data(), kConsumerBytes);
              ended_.record(side_);
              copy_by_engine(stream, bench_.peer.data(), bench_.beside.data(), kConsumerBytes);
              ended_.make_wait(stream);
            }};
  }

 private:
  const PairBench& bench_;
  Stream side_;
  Event begun_, ended_;
};

class Overlaps {
 public:
  explicit Overlaps(Recorder& recorder)
      : recorder_(recorder),
        bench_(0, 1, kConsumerBytes),
        both_(bench_),
        pairing_(recorder, 0),
        copies_{engine_consumer(bench_, Path::pull, 0), both_.consumer()} {
    for (const Consumer& copy : copies_) pairing_.briefly(kMeasure, copy);
  }
  void add(const Consumer& kernel) const {
    pairing_.briefly(kMeasure, kernel);
    for (const Consumer& copy : copies_) pairing_.together(kMeasure, kernel, copy);
  }
  void add_products(const Cublas& cublas) const {
    const Multiplied dense(cublas, kOutput);
    add(dense.consumer(Way::dense));
    const Multiplied grouped(cublas, kGateUp);
    add(grouped.consumer(Way::batched));
    pairing_.briefly(kMeasure, grouped.consumer(Way::grouped));
    pairing_.briefly(kMeasure, grouped.consumer(Way::each));
  }
  void add_fp8(const CublasLt& cublas) const {
    const Fp8 dense(cublas, kOutput);
    add(dense.consumer("fp8 dense"));
    const Fp8 grouped(cublas, kGateUp);
    add(grouped.consumer("fp8 grouped each"));
  }

 private:
  Recorder& recorder_;
  PairBench bench_;
  BothPulls both_;
  Pairing pairing_;
  std::vector<Consumer> copies_;
};

}  // namespace

void measure_dwdp_kernels(Recorder& recorder) {
  const Overlaps overlaps(recorder);
  const models::TransformerShape shape = scaled_deepseek(kExperts, 1);
  const models::Batch batch{{kTokens}};
  const Loads loads;
  overlaps.add(
      loads.attention(stage_of(models::attention_stages(shape, batch), models::kAttention)));
  overlaps.add(loads.others(stage_of(models::router_stages(shape, batch), models::kOthers)));
  try {
    const Cublas cublas(0);
    recorder.environment().cublas = cublas.version();
    overlaps.add_products(cublas);
  } catch (const UnsupportedError& error) {
    recorder.skip("products", error.what());
  }
  try {
    overlaps.add_fp8(CublasLt(0));
  } catch (const UnsupportedError& error) {
    recorder.skip("fp8 products", error.what());
  }
}

}  // namespace twinlink::realgpu
