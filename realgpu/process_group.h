#pragma once
// The processes of one job on one host, each of which drives one GPU: they exchange small messages
// through process 0, and fail together.
//
// Every call below is a collective: all processes make the same calls in the same order, each with
// the same name `what`. A process that ends, however it ends, is noticed at once; one that lives
// but does not come is given up after a deadline. Both are a ProcessError on all others that names
// the process and the call; after one, every further call fails the same way. None of the calls
// does anything with GPUs.
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "realgpu/process_links.h"

namespace twinlink::realgpu {

class ProcessGroup {
 public:
  struct Patience {
    std::chrono::milliseconds join{30'000};     // until all processes have come
    std::chrono::milliseconds answer{300'000};  // of one call; checks of large buffers take long
  };
  ProcessGroup(const ProcessPlace& place, const Patience& patience);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  [[nodiscard]] int rank() const { return place_.rank; }
  [[nodiscard]] int size() const { return place_.size; }

  // What every process gave, by rank; sizes may differ.
  std::vector<Payload> all_gather(const std::string& what, const Payload& mine);
  // What process 0 gave; the others' is not looked at.
  Payload broadcast(const std::string& what, const Payload& mine);
  void barrier(const std::string& what) { all_gather(what, {}); }
  // Whether any process says yes.
  bool any(const std::string& what, bool mine);
  // One plain value of each process. ProcessError if their sizes differ.
  template <class T>
  std::vector<T> all_gather_values(const std::string& what, const T& mine);
  // The same number of plain values of each process, one after the other.
  template <class T>
  std::vector<std::vector<T>> all_gather_vectors(const std::string& what,
                                                 const std::vector<T>& mine);

  // Runs `local`, then waits for all. If it threw anywhere, it throws everywhere: the failing
  // process what it threw, the others an exception of the same kind (InputError, UnsupportedError,
  // else ProcessError) that begins with "process 1: ". Of several failures the gravest counts, then
  // the lowest process.
  void together(const std::string& what, const std::function<void()>& local);
  // The last call of together() threw, so that every process knows.
  [[nodiscard]] bool failed_together() const { return failed_together_; }

  // Not a collective: tells the others that this process ends, and why.
  void abandon(const std::string& why) noexcept;

 private:
  std::vector<Payload> gather(const Frame& mine);
  std::vector<Payload> gather_as_first(const Frame& mine);
  std::vector<Payload> gather_as_other(const Frame& mine);
  void check_same_call(const std::vector<Frame>& frames);
  [[noreturn]] void fail(const std::string& why);
  [[noreturn]] void give_up(const std::string& why);
  std::vector<Payload> all_gather_of(const std::string& what, const Payload& mine,
                                     std::size_t bytes);

  ProcessPlace place_;
  Patience patience_;
  std::unique_ptr<ProcessLinks> links_;
  std::string broken_;  // why no call works any more; empty: all is well
  bool failed_together_ = false;
};

// Null: one process only. TWINLINK_JOIN_SECONDS: how long to wait for the others. Throws as
// find_place and ProcessGroup's constructor.
std::shared_ptr<ProcessGroup> join_processes();

template <class T>
std::vector<std::vector<T>> ProcessGroup::all_gather_vectors(const std::string& what,
                                                             const std::vector<T>& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  Payload bytes(mine.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), mine.data(), bytes.size());
  std::vector<std::vector<T>> all;
  for (const Payload& one : all_gather_of(what, bytes, bytes.size())) {
    all.emplace_back(mine.size());
    if (!one.empty()) std::memcpy(all.back().data(), one.data(), one.size());
  }
  return all;
}

template <class T>
std::vector<T> ProcessGroup::all_gather_values(const std::string& what, const T& mine) {
  std::vector<T> values;
  for (const std::vector<T>& one : all_gather_vectors(what, std::vector<T>{mine}))
    values.push_back(one.front());
  return values;
}

}  // namespace twinlink::realgpu
