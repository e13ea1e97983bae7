#include "realgpu/measure/beside.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "realgpu/event.h"
#include "realgpu/graph.h"
#include "realgpu/quantile.h"
#include "realgpu/timing.h"

namespace twinlink::realgpu {
namespace {

constexpr double kTimedSpan = 2e-3;
constexpr double kLonger = 6;
constexpr int kMostPieces = 2000;

double seconds_of_one(const Stream& stream, const Consumer& consumer) {
  consumer.issue(stream);
  stream.synchronize();
  const auto four = [&] {
    for (int i = 0; i < 4; ++i) consumer.issue(stream);
  };
  return quantile(replay_seconds(stream, {1, 5}, four), 0.5) / 4;
}

int pieces_for(double span, double one) {
  return std::clamp(static_cast<int>(span / one) + 1, 2, kMostPieces);
}

Graph chain(const Stream& stream, const Consumer& consumer, int pieces) {
  return Graph(stream, [&] {
    for (int i = 0; i < pieces; ++i) consumer.issue(stream);
  });
}

// Both on their streams; how long the timed one took, and whether the other outlasted it.
struct Overlap {
  double seconds;
  bool covered;
};

class Race {
 public:
  Race(int device, const Consumer& timed, const Consumer& other)
      : timed_stream_(device),
        other_stream_(device),
        begin_(device, EventUse::timing),
        end_(device, EventUse::timing),
        other_end_(device, EventUse::timing),
        other_begun_(device),
        pieces_(pieces_for(kTimedSpan, seconds_of_one(timed_stream_, timed))),
        timed_(chain(timed_stream_, timed, pieces_)),
        first_(chain(other_stream_, other, 1)),
        other_(chain(other_stream_, other, other_pieces(timed, other))) {}

  [[nodiscard]] int pieces() const { return pieces_; }
  [[nodiscard]] Overlap run() const {
    first_.launch(other_stream_);  // the clock of the chip has seen it, and it has begun
    other_begun_.record(other_stream_);
    other_.launch(other_stream_);
    other_end_.record(other_stream_);
    other_begun_.make_wait(timed_stream_);
    begin_.record(timed_stream_);
    timed_.launch(timed_stream_);
    end_.record(timed_stream_);
    timed_stream_.synchronize();
    other_stream_.synchronize();
    const double timed = seconds_between(begin_, end_);
    return {timed / pieces_, seconds_between(begin_, other_end_) >= timed};
  }

 private:
  [[nodiscard]] int other_pieces(const Consumer& timed, const Consumer& other) const {
    const double span = pieces_ * seconds_of_one(timed_stream_, timed);
    return pieces_for(kLonger * span, seconds_of_one(other_stream_, other));
  }

  Stream timed_stream_, other_stream_;
  Event begin_, end_, other_end_, other_begun_;
  int pieces_;
  Graph timed_, first_, other_;
};

What what_of(const std::string& measure, const Consumer& timed, const std::string& beside) {
  What what{{"measure", measure}, {"consumer", timed.name}, {"beside", beside}};
  if (timed.work.bytes > 0) what.emplace_back("bytes", timed.work.bytes);
  if (timed.work.flops > 0) what.emplace_back("flops", timed.work.flops);
  return what;
}

}  // namespace

void Pairing::alone(const std::string& measure, const Consumer& consumer) const {
  recorder_.add(what_of(measure, consumer, "nothing"), consumer.work, [&] {
    const Stream stream(device_);
    return sample_pieces(stream, recorder_.quick(), [&](int n) {
      for (int i = 0; i < n; ++i) consumer.issue(stream);
    });
  });
}

// The pause between two samples is what the other consumer's longer chain is beside another: work
// that follows itself at once runs at a lower clock.
void Pairing::briefly(const std::string& measure, const Consumer& consumer) const {
  recorder_.add(what_of(measure, consumer, "nothing"), consumer.work, [&] {
    const Stream stream(device_);
    const int pieces = pieces_for(kTimedSpan, seconds_of_one(stream, consumer));
    const Graph graph = chain(stream, consumer, pieces);
    const auto pause = std::chrono::duration<double>(kLonger * kTimedSpan);
    std::vector<double> seconds;
    for (int i = 0; i < (recorder_.quick() ? 7 : 15); ++i) {
      std::this_thread::sleep_for(pause);
      for (const double s : replay_seconds(stream, {0, 1}, [&] { graph.launch(stream); }))
        seconds.push_back(s / pieces);
    }
    return Sampled{seconds, "graph of " + std::to_string(pieces) +
                                " pieces between two events, nothing beside it, pauses of 12 ms"};
  });
}

void Pairing::together(const std::string& measure, const Consumer& first,
                       const Consumer& second) const {
  one_beside(measure, first, second);
  one_beside(measure, second, first);
}

void Pairing::one_beside(const std::string& measure, const Consumer& timed,
                         const Consumer& other) const {
  recorder_.add(what_of(measure, timed, other.name), timed.work, [&] {
    const Race race(device_, timed, other);
    std::vector<double> seconds;
    static_cast<void>(race.run());
    for (int i = 0; i < (recorder_.quick() ? 7 : 15); ++i)
      if (const Overlap overlap = race.run(); overlap.covered) seconds.push_back(overlap.seconds);
    return Sampled{seconds, "graph of " + std::to_string(race.pieces()) +
                                " pieces between two events while the other runs on"};
  });
}

}  // namespace twinlink::realgpu
