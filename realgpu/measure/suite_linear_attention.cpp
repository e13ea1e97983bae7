#include "realgpu/measure/suite_linear_attention.h"

#include <algorithm>
#include <map>

#include "models/workloads/linear_attention_work.h"
#include "realgpu/cublas.h"
#include "realgpu/devices.h"
#include "realgpu/linear_attention_check.h"
#include "realgpu/linear_attention_step.h"
#include "realgpu/measure/pair_bench.h"
#include "realgpu/measure/read_kernel.h"
#include "realgpu/quantile.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using Method = models::LinearAttentionMethod;

constexpr int kHeads = 12;
constexpr int kBeside = 8;  // tokens compared on each side of a boundary

struct Size {
  int sp, gpus, tokens, batch = 1;
  bool all_methods = true;
};

AttentionShape shape_of(int tokens, int batch) {
  return {batch, kHeads, tokens, models::alibi_slopes(kHeads)};
}

// 0: no decay; the largest: forgotten after a token.
std::vector<double> hard_slopes() {
  return {0, 0x1p-12, 0x1p-8, 0x1p-7, 0x1p-6, 0x1p-5, 0x1p-4, 0x1p-2, 0.5, 1, 4, 20};
}

struct Named {
  std::string name, scan, order;
  AttentionMethod method;
};

Named ring(Method method) {
  return {std::string(models::name_of(method)), "", "coupled", {method, "", false, false}};
}
Named merged(const std::string& scan) {
  return {"scan", scan, "merged", {Method::scan, scan, false, true}};
}
Named beside(const std::string& scan) {
  return {"scan", scan, "overlap", {Method::scan, scan, true, false, 32}};
}

std::vector<Named> methods(bool all) {
  std::vector<Named> some{ring(Method::fuse),       merged("ring_decoupled"),
                          merged("blelloch"),       merged("transpose"),
                          merged("gather_direct"),  merged("chain_pipelined"),
                          beside("ring_decoupled"), beside("transpose")};
  some.push_back({"blelloch", "blelloch", "in order", {Method::blelloch, "", false, false}});
  if (!all) return some;
  some.push_back(ring(Method::naive));
  some.push_back(ring(Method::fuse_parallel));
  some.push_back(merged("two_op_doubling"));
  return some;
}

// `ranks` ranks of a GPU.
models::LinearAttentionRequest request_of(const AttentionShape& shape, int ranks, bool merged) {
  models::LinearAttentionRequest request;
  request.sp = 1;
  request.batch = std::int64_t{shape.batch} * ranks;
  request.sequence = shape.tokens;
  request.heads = shape.heads;
  request.d_k = kKeyWidth;
  request.d_v = kValueWidth;
  request.merged = merged;
  return request;
}

What what_of(const std::string& measure, const Size& size) {
  return {{"measure", measure},
          {"ranks", static_cast<double>(size.sp)},
          {"gpus", static_cast<double>(size.gpus)},
          {"tokens", static_cast<double>(size.tokens)},
          {"batch", static_cast<double>(size.batch)}};
}

class LinearAttention {
 public:
  explicit LinearAttention(Recorder& recorder)
      : recorder_(recorder), gpus_(std::min(device_count(), 2)) {}

  void run() {
    peaks();
    numbers();
    parts();
    for (const Size& size : sizes()) steps(size);
  }

 private:
  [[nodiscard]] bool quick() const { return recorder_.quick(); }

  void peaks() {
    const PairBench bench(0, 0, std::int64_t{1} << 30);
    const Stream& stream = bench.streams.origin();
    const LaunchShape shape = sm_shape(264, 4);
    const std::int64_t bytes = read_bytes(bench.own.bytes(), shape);
    recorder_.add({{"measure", "peak"}, {"what", "read"}}, {static_cast<double>(bytes), 0}, [&] {
      return chain(stream, [&] {
        launch_read({bench.own.data(), bytes, reinterpret_cast<float*>(bench.peer.data())}, shape,
                    stream.get());
      });
    });
    const GemmShape gemm{8192, 8192, 8192, 1};
    recorder_.add({{"measure", "peak"}, {"what", "gemm"}}, {0, gemm.flops()}, [&] {
      const Cublas cublas(0);
      recorder_.environment().cublas = cublas.version();
      return chain(stream, [&] {
        cublas.dense(gemm, {bench.own.data(), bench.beside.data(), bench.peer.data()}, stream);
      });
    });
  }

  Sampled chain(const Stream& origin, const std::function<void()>& piece) const {
    return sample_pieces(origin, quick(), [&](int n) {
      for (int i = 0; i < n; ++i) piece();
    });
  }

  // Every method and number of ranks, on one long sequence that all share.
  void numbers() {
    constexpr int kTokens = 8192;
    AttentionShape shape = shape_of(kTokens, 1);
    shape.slopes = hard_slopes();
    const AttentionReference reference = AttentionReference::whole(shape, kTokens);
    for (const int gpus : gpu_counts())
      for (const int sp : {2, 4, 8, 16}) {
        AttentionShape own = shape;
        own.tokens = kTokens / sp;
        const AttentionRanks ranks(own, sp, gpus);
        for (const Named& method : methods(true))
          if (!recorder_.enough()) compare(ranks, method, reference);
      }
  }

  void compare(const AttentionRanks& ranks, const Named& method,
               const AttentionReference& reference) {
    const std::string name = method.name + " " + method.scan + " " + method.order + ", " +
                             std::to_string(ranks.sp()) + " ranks on " +
                             std::to_string(ranks.gpus()) + " GPUs";
    try {
      const LinearAttentionStep step(ranks, method.method, true);
      run_once(ranks, step);
      const AttentionVerdict verdict = reference.compare(ranks, true);
      worst_ = std::max(worst_, verdict.worst);
      if (verdict.correct) return;
      recorder_.add_wrong(name + ": " + verdict.reason);
      wrong_.push_back(name);
    } catch (const UnsupportedError& error) {
      recorder_.skip(name, error.what());
    }
  }

  static void run_once(const AttentionRanks& ranks, const LinearAttentionStep& step) {
    for (int gpu = 0; gpu < ranks.gpus(); ++gpu) ranks.parts(gpu).poison();
    step.issue();
    step.origin().synchronize();
    step.check_health();
  }

  [[nodiscard]] std::vector<int> gpu_counts() const {
    return gpus_ == 2 ? std::vector<int>{1, 2} : std::vector<int>{1};
  }

  void parts() {
    std::vector<Size> sizes{{1, 1, 65536}, {8, 1, 65536}};
    if (!quick())
      for (const Size& size : {Size{1, 1, 8192}, {8, 1, 8192}, {1, 1, 131072}})
        sizes.push_back(size);
    for (const Size& size : sizes) parts(size);
  }

  void parts(const Size& size) {
    if (recorder_.enough()) return;
    const AttentionShape shape = shape_of(size.tokens, size.batch);
    const AttentionRanks ranks(shape, size.sp, 1);
    const AttentionRing forward(ranks, false), back(ranks, true);
    forward.bind();
    back.bind();
    for (const bool backward : {false, true}) {
      const auto work_of = [&](bool merged) {
        return models::linear_attention_work(request_of(shape, size.sp, merged), backward);
      };
      const models::LinearAttentionWork work = work_of(false);
      const AttentionParts& all = ranks.parts(0);
      part(size, backward, "local_state", work.local_state,
           [&](const Stream& s) { all.local_state(backward, all.all(), s); });
      part(size, backward, "intra_chunk", work.intra_chunk,
           [&](const Stream& s) { all.outputs(backward, false, all.all(), s); });
      part(size, backward, "outputs", work_of(true).intra_chunk,
           [&](const Stream& s) { all.outputs(backward, true, all.all(), s); });
      part(size, backward, "inter_chunk", work.inter_chunk,
           [&](const Stream& s) { all.inter(backward, all.all(), s); });
    }
  }

  void part(const Size& size, bool backward, const char* name, const models::Compute& work,
            const std::function<void(const Stream&)>& issue) {
    What what = what_of("part", size);
    what.insert(what.begin() + 1,
                {{"part", name}, {"direction", backward ? "backward" : "forward"}});
    const Stream stream(0);
    const Work moved{static_cast<double>(work.hbm_bytes.count), work.flops};
    recorder_.add(what, moved, [&] { return chain(stream, [&] { issue(stream); }); });
  }

  [[nodiscard]] std::vector<Size> sizes() const {
    std::vector<Size> all;
    const auto add = [&](int sp, int tokens, int batch, bool every) {
      all.push_back({sp, gpus_, tokens, batch, every});
    };
    if (quick()) {
      for (const int sp : {2, 8}) add(sp, 65536, 1, false);
      return all;
    }
    for (const int sp : {8, 16, 2, 4}) add(sp, 65536, 1, sp == 8);
    for (const int sp : {4, 8, 16}) add(sp, 2048 / sp, 2 * sp, sp == 4);  // LASP's benchmark
    if (gpus_ == 2) all.push_back({8, 1, 65536, 1, false});
    return all;
  }

  void steps(const Size& size) {
    if (recorder_.enough()) return;
    const AttentionShape shape = shape_of(size.tokens, size.batch);
    const AttentionRanks ranks(shape, size.sp, size.gpus);
    const int last = shape.sequences() - kHeads;  // of the last batch entry
    const AttentionReference reference = AttentionReference::edges(
        shape, size.sp, std::min(kBeside, size.tokens), {last + 7, last, last + 11});
    meeting(size, ranks);
    for (const Named& method : methods(size.all_methods))
      for (const bool backward : {false, true}) step(size, ranks, method, reference, backward);
    for (const char* scan : {"ring_decoupled", "blelloch", "transpose", "gather_direct"})
      exchange(size, ranks, scan);
  }

  void meeting(const Size& size, const AttentionRanks& ranks) {
    const LinearAttentionStep step(ranks, ring(Method::fuse).method, false);
    recorder_.add(what_of("meeting", size), {},
                  [&] { return chain(step.origin(), [&] { step.issue_meeting(); }); });
  }

  // A scan has the same cost at any decay and token count: measured once per size of state.
  void exchange(const Size& size, const AttentionRanks& ranks, const std::string& scan) {
    const std::string key = scan + " " + std::to_string(size.sp) + " " + std::to_string(size.gpus) +
                            " " + std::to_string(size.batch);
    if (!exchanges_.insert({key, true}).second) return;
    What what = what_of("exchange", size);
    what.insert(what.begin() + 1, {{"scan", scan}});
    what.emplace_back("bytes", static_cast<double>(ranks.shape().state_bytes()));
    recorder_.add(what, {static_cast<double>(ranks.shape().state_bytes()), 0}, [&] {
      const LinearAttentionStep step(ranks, merged(scan).method, false);
      return chain(step.origin(), [&] { step.issue_exchange(); });
    });
  }

  void step(const Size& size, const AttentionRanks& ranks, const Named& method,
            const AttentionReference& reference, bool backward) {
    What what = what_of("step", size);
    what.insert(what.begin() + 1, {{"method", method.name},
                                   {"scan", method.scan},
                                   {"order", method.order},
                                   {"direction", backward ? "forward_backward" : "forward"}});
    recorder_.add(what, work_of_step(size, backward), [&] {
      const LinearAttentionStep one(ranks, method.method, backward);
      run_once(ranks, one);
      AttentionVerdict verdict = reference.compare(ranks, backward);
      Sampled sampled;
      if (verdict.correct) {
        for (int gpu = 0; gpu < ranks.gpus(); ++gpu) ranks.parts(gpu).poison();
        sampled = chain(one.origin(), [&] { one.issue(); });
        one.check_health();
        verdict = reference.compare(ranks, backward);
      }
      if (verdict.correct) return sampled;
      recorder_.add_wrong(text_of(what) + ": " + verdict.reason);
      return Sampled{};
    });
  }

  [[nodiscard]] static Work work_of_step(const Size& size, bool backward) {
    const AttentionShape shape = shape_of(size.tokens, size.batch);
    const models::LinearAttentionRequest request = request_of(shape, size.sp / size.gpus, true);
    Work all;
    for (const bool back : {false, true}) {
      if (back && !backward) continue;
      const models::LinearAttentionNeeds needs = models::linear_attention_needs(request, back);
      all.bytes += needs.bytes;
      all.flops += needs.flops;
    }
    return all;
  }

  Recorder& recorder_;
  int gpus_;
  double worst_ = 0;
  std::vector<std::string> wrong_;
  std::map<std::string, bool> exchanges_;
};

}  // namespace

void measure_linear_attention(Recorder& recorder) { LinearAttention(recorder).run(); }

}  // namespace twinlink::realgpu
