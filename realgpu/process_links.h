#pragma once
// Connections of the processes of one job on one host: process 0 has one to each other process, the
// others have one to process 0. Frames of bytes go over them, with a deadline on every wait.
//
// A local stream socket in Linux' abstract namespace, named by user and job: it leaves no file
// behind, and the system closes it when a process ends, however it ends. Both ends must belong to
// the same user. Errors: ProcessError, naming who is missing, twice there, or of another job.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "realgpu/process_place.h"

namespace twinlink::realgpu {

// Another process is missing, has ended or has failed; the processes cannot go on.
class ProcessError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The others wait this much longer for process 0, which says first who is missing.
inline constexpr auto kGrace = std::chrono::seconds(5);
std::string seconds_text(std::chrono::milliseconds time);  // "0.3 s"

using Payload = std::vector<std::byte>;
using Deadline = std::chrono::steady_clock::time_point;

// part: what one process gives to a collective; report: how its part of together() went; all: what
// everybody gave; broken: why nothing goes on.
enum class FrameKind : std::uint32_t { hello, part, report, all, broken };

struct Frame {
  FrameKind kind = FrameKind::part;
  std::string text;
  Payload body;
};

class ProcessLinks {
 public:
  // Returns when all processes are connected.
  ProcessLinks(const ProcessPlace& place, std::chrono::milliseconds patience);
  ~ProcessLinks();
  ProcessLinks(const ProcessLinks&) = delete;
  ProcessLinks& operator=(const ProcessLinks&) = delete;

  // The peers of process 0 are all others; those of the others are process 0.
  [[nodiscard]] const std::vector<int>& peers() const;

  enum class State : std::uint8_t { waiting, done, ended };
  struct Arrival {
    State state = State::waiting;  // waiting: the deadline came
    Frame frame;
  };
  // One frame of every peer. Ends early when one of them has ended or says `broken`.
  std::vector<Arrival> receive(Deadline deadline);
  // The same frame to every peer; those that cannot take it are left out.
  void send(const Frame& frame, Deadline deadline);

 private:
  class Links;
  std::unique_ptr<Links> links_;
};

}  // namespace twinlink::realgpu
