#pragma once
// Events in the order (time, sequence): of two events at one time, the one pushed first comes
// first.
//
// Most events of a simulation are pushed in order of their times (a constant latency after now), so
// a queue is two structures: a run, sorted because its events came in order, and a 4-ary heap for
// the others. Pushing to and popping from the run costs a few instructions. An event is 16 bytes:
// time, sequence and 32 bits of meaning; at most 2^32 events may be pushed in one simulation.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "topology/units.h"

namespace twinlink::sim {

struct Event {
  std::int64_t when = 0;  // ps
  std::uint32_t sequence = 0;
  std::uint32_t what = 0;
  friend bool operator<(const Event& a, const Event& b) {
    return a.when != b.when ? a.when < b.when : a.sequence < b.sequence;
  }
};
static_assert(sizeof(Event) == 16);

class EventQueue {
 public:
  // Returns the sequence of the event.
  std::uint32_t push(Duration when, std::uint32_t what) {
    const Event event{when.ps, sequence_++, what};
    if (run_.size() == first_) {
      run_.clear();
      first_ = 0;
    }
    if (run_.empty() || run_.back().when <= event.when)
      push_run(event);
    else
      push_heap(event);
    return event.sequence;
  }
  [[nodiscard]] bool empty() const { return run_.size() == first_ && heap_.empty(); }
  [[nodiscard]] const Event& top() const { return run_is_next() ? run_[first_] : heap_.front(); }
  Event pop() {
    if (run_is_next()) return run_[first_++];
    return pop_heap();
  }
  [[nodiscard]] std::size_t memory_bytes() const {
    return (run_.capacity() + heap_.capacity()) * sizeof(Event);
  }

 private:
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kCompactAt = 1024;

  [[nodiscard]] bool run_is_next() const {
    if (run_.size() == first_) return false;
    return heap_.empty() || run_[first_] < heap_.front();
  }

  // Drops the popped front when it is the larger half, so that memory follows what is pending.
  void push_run(const Event& event) {
    if (first_ >= kCompactAt && first_ * 2 > run_.size()) {
      run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    run_.push_back(event);
  }

  void push_heap(const Event& event) {
    std::size_t hole = heap_.size();
    heap_.push_back(event);
    while (hole > 0 && event < heap_[(hole - 1) / kWays]) {
      heap_[hole] = heap_[(hole - 1) / kWays];
      hole = (hole - 1) / kWays;
    }
    heap_[hole] = event;
  }

  Event pop_heap() {
    const Event result = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    return result;
  }

  void sink(const Event& event) {
    std::size_t hole = 0;
    for (std::size_t child = 1; child < heap_.size(); child = hole * kWays + 1) {
      const std::size_t end = std::min(child + kWays, heap_.size());
      for (std::size_t other = child + 1; other < end; ++other)
        if (heap_[other] < heap_[child]) child = other;
      if (event < heap_[child]) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = event;
  }

  std::vector<Event> run_;  // sorted; its first first_ events are gone
  std::size_t first_ = 0;
  std::vector<Event> heap_;
  std::uint32_t sequence_ = 0;
};

}  // namespace twinlink::sim
