#include "realgpu/measure/suite_memory.h"

#include "realgpu/measure/pair_bench.h"
#include "realgpu/measure/read_kernel.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 30;
constexpr std::int64_t kMostQuick = std::int64_t{256} << 20;
constexpr std::int64_t kMostPerCta = std::int64_t{64} << 20;

class Memory {
 public:
  explicit Memory(Recorder& recorder)
      : recorder_(recorder), bench_(0, 0, recorder.quick() ? kMostQuick : kMost) {}

  void driver_copies() {
    for (const std::int64_t bytes : sweep_sizes(bench_.own.bytes(), recorder_.quick()))
      add(sized_what("memcpy_local", bytes), bytes, [this, bytes] {
        copy_by_engine(stream(), bench_.own.data(), bench_.beside.data(), bytes);
      });
  }

  void by_sms() {
    for (const std::int64_t bytes : sweep_sizes(bench_.own.bytes(), recorder_.quick()))
      for (const int ctas : ctas_list())
        if (bytes <= ctas * kMostPerCta) all_kernels(bytes, sm_shape(ctas, 4));
    for (const int loads : {1, 2, 8})
      for (const int ctas : {32, 132}) all_kernels(kMostQuick, sm_shape(ctas, loads));
  }

 private:
  [[nodiscard]] const Stream& stream() const { return bench_.streams.origin(); }
  [[nodiscard]] std::vector<int> ctas_list() const {
    if (recorder_.quick()) return {1, 32, 132, 264};
    return {1, 2, 4, 8, 16, 32, 64, 132, 264};
  }

  void all_kernels(std::int64_t bytes, const LaunchShape& shape) {
    add(sm_what("sm_copy", bytes, shape), bytes, [this, bytes, shape] {
      copy_by_sms(stream(), bench_.own.data(), bench_.beside.data(), shape, bytes);
    });
    add(sm_what("sm_write", bytes, shape), bytes, [this, bytes, shape] { fold(0, bytes, shape); });
    add(sm_what("sm_fold", bytes, shape), bytes, [this, bytes, shape] { fold(2, bytes, shape); });
    const std::int64_t whole = read_bytes(bytes, shape);
    if (whole != bytes) return;  // no whole trip: it would read more
    add(sm_what("sm_read", bytes, shape), bytes, [this, bytes, shape] {
      const DeviceScope scope(stream().device());
      launch_read({bench_.own.data(), bytes, reinterpret_cast<float*>(bench_.peer_beside.data())},
                  shape, stream().get());
    });
  }

  // No source: zeros.
  void fold(int sources, std::int64_t bytes, const LaunchShape& shape) const {
    FoldArgs args;
    args.sources[0] = bench_.own.data();
    args.sources[1] = bench_.peer.data();
    args.source_count = sources;
    args.destinations[0] = bench_.beside.data();
    args.destination_count = 1;
    args.elements = bytes / 4;
    const DeviceScope scope(stream().device());
    launch_fold(Scalar::fp32, args, shape, stream().get());
  }

  void add(const What& what, std::int64_t bytes, const std::function<void()>& piece) {
    recorder_.add(what, {static_cast<double>(bytes), 0}, [&] {
      return sample_pieces(stream(), recorder_.quick(), [&](int n) {
        for (int i = 0; i < n; ++i) piece();
      });
    });
  }

  Recorder& recorder_;
  PairBench bench_;
};

}  // namespace

void measure_memory(Recorder& recorder) {
  Memory memory(recorder);
  memory.driver_copies();
  memory.by_sms();
}

}  // namespace twinlink::realgpu
