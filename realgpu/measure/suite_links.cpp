#include "realgpu/measure/suite_links.h"

#include "realgpu/machine_facts.h"
#include "realgpu/measure/pair_bench.h"

namespace twinlink::realgpu {
namespace {

constexpr GpuPair kPair{0, 1};
constexpr std::int64_t kMost = std::int64_t{1} << 30;
constexpr std::int64_t kMostQuick = std::int64_t{128} << 20;
// A CTA moves some 10 GB/s: more would only take longer.
constexpr std::int64_t kMostPerCta = std::int64_t{16} << 20;

// One direction, or both at once from each side's own GPU.
struct Direction {
  std::string name;
  bool pull, both;
};
const Direction kDirections[] = {{"push", false, false},
                                 {"pull", true, false},
                                 {"push_both", false, true},
                                 {"pull_both", true, true}};

class Links {
 public:
  explicit Links(Recorder& recorder)
      : recorder_(recorder), bench_(kPair.own, kPair.peer, recorder.quick() ? kMostQuick : kMost) {}

  void copy_engines() {
    for (const std::int64_t bytes : sizes())
      for (const Direction& direction : kDirections) {
        if (direction.both && direction.pull) continue;  // the engines do not care who asks
        const std::string name = direction.both ? "copy_both" : "copy_" + direction.name;
        add(sized_what(name, bytes), bytes, direction,
            [bytes](const Stream& stream, const DeviceBuffer& from, const DeviceBuffer& to) {
              copy_by_engine(stream, from.data(), to.data(), bytes);
            });
      }
  }

  void sms() {
    for (const std::int64_t bytes : sizes())
      for (const int ctas : ctas_list())
        if (bytes <= ctas * kMostPerCta) sm_copies(bytes, sm_shape(ctas, 4));
    for (const int loads : {1, 2, 8})
      for (const int ctas : recorder_.quick() ? std::vector{32} : std::vector{8, 16, 32, 64, 132})
        sm_copies(std::int64_t{16} << 20, sm_shape(ctas, loads));
  }

 private:
  using Copy = std::function<void(const Stream&, const DeviceBuffer&, const DeviceBuffer&)>;

  [[nodiscard]] std::vector<std::int64_t> sizes() const {
    return sweep_sizes(bench_.own.bytes(), recorder_.quick());
  }
  [[nodiscard]] std::vector<int> ctas_list() const {
    if (recorder_.quick()) return {1, 8, 32, 132};
    return {1, 2, 4, 8, 16, 32, 64, 132};
  }

  void sm_copies(std::int64_t bytes, const LaunchShape& shape) {
    for (const Direction& direction : kDirections)
      add(sm_what("sm_" + direction.name, bytes, shape), bytes, direction,
          [bytes, shape](const Stream& stream, const DeviceBuffer& from, const DeviceBuffer& to) {
            copy_by_sms(stream, from.data(), to.data(), shape, bytes);
          });
  }

  void add(const What& what, std::int64_t bytes, const Direction& direction, const Copy& copy) {
    recorder_.add(what, {static_cast<double>(bytes), 0}, [&] {
      return sample_pieces(bench_.streams.origin(), recorder_.quick(), [&](int n) {
        for (int i = 0; i < n; ++i) one_piece(direction, copy);
      });
    });
  }

  void one_piece(const Direction& direction, const Copy& copy) const {
    const StreamPair& streams = bench_.streams;
    if (direction.both) streams.fork();
    one_side(streams.origin(), {bench_.own, bench_.beside, bench_.peer}, direction.pull, copy);
    if (!direction.both) return;
    one_side(streams.side(), {bench_.peer, bench_.peer_beside, bench_.own}, direction.pull, copy);
    streams.join();
  }

  // A pull: the peer's data to the own spare buffer; a push: the own data to the peer's spare one,
  // so that both directions touch buffers of their own.
  struct Side {
    const DeviceBuffer &own, &spare, &other;
  };
  void one_side(const Stream& stream, const Side& side, bool pull, const Copy& copy) const {
    const DeviceBuffer& spare_there =
        side.other.device() == kPair.peer ? bench_.peer_beside : bench_.beside;
    if (pull)
      copy(stream, side.other, side.spare);
    else
      copy(stream, side.own, spare_there);
  }

  Recorder& recorder_;
  PairBench bench_;
};

void add_facts(Recorder& recorder, const std::vector<Fact>& facts) {
  for (const Fact& fact : facts) {
    What what{{"measure", fact.name}};
    for (const auto& [name, value] : fact.where) what.emplace_back(name, value);
    recorder.add(what, {fact.bytes, 0}, [&] {
      return Sampled{fact.seconds, fact.name == "flag" ? "half a round trip, median of 400"
                                                       : "slope between chains (machine_facts.h)"};
    });
  }
}

}  // namespace

void measure_links(Recorder& recorder) {
  if (!recorder.enough()) add_facts(recorder, launch_facts(kPair));
  if (!recorder.enough()) add_facts(recorder, latency_facts(kPair));
  measure_barriers(recorder);
  Links links(recorder);
  links.copy_engines();
  links.sms();
}

}  // namespace twinlink::realgpu
