#pragma once
// One call of the program: its streams, its interruption and its exit code. Results go to stdout in
// one piece at the end, talk goes to stderr at once.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace twinlink::realgpu {
class ProcessGroup;
}

namespace twinlink::scenarios::cli {

enum ExitCode : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kFailed = 3,  // an assertion, a proof or a number
  kBadInput = 4,
  kNoDevice = 5,  // no device, built without CUDA, or not supported
  kInterrupted = 130,
};

struct Session {
  std::function<int()> action;  // the chosen verb, set while the command line is read
  std::string out;              // what goes to stdout
  // One process per GPU: process 0 speaks for all. Null: the only one.
  std::shared_ptr<realgpu::ProcessGroup> processes;

  [[nodiscard]] bool follows() const;  // another process speaks
  // The reason why this process ends, on stderr, unless another one says it.
  void last_words(std::string_view text);
  void note(std::string_view text) const;  // a line on stderr
  // The result: to the file if one is named (all of it, or InputError), else to stdout.
  void deliver(std::string text, const std::string& file);
  // Overwrites one line of stderr, on a terminal only; empty text removes it.
  void progress(std::string_view text) const;
  // Writes `out`. False: it could not be written, though somebody is still reading.
  bool flush();
};

// Closed standard streams are opened on /dev/null; a reader that goes away is no signal; the first
// Ctrl-C sets the flag, the second ends the program.
void prepare_streams_and_signals();
const std::atomic<bool>& interrupted();

// The text of a file, or of stdin for "-"; all of `text` to a file, or nothing. Throw InputError.
std::string read_input(const std::string& path);
void write_output(const std::string& path, std::string_view text);

}  // namespace twinlink::scenarios::cli
