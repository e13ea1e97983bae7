#include "scenarios/cli/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "realgpu/process_group.h"
#include "scenarios/atomic_file.h"
#include "scenarios/files/read_file.h"

namespace twinlink::scenarios::cli {
namespace {

// The one variable that a signal handler needs.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void write_line(const std::string& text) {
  const std::string line = text + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void on_interrupt(int) { stop_requested.store(true); }

}  // namespace

bool Session::follows() const { return processes != nullptr && processes->rank() > 0; }

void Session::note(std::string_view text) const {
  if (!follows()) write_line(std::string(text));
}

void Session::last_words(std::string_view text) {
  out.clear();
  progress("");
  if (processes != nullptr && !processes->failed_together()) processes->abandon(std::string(text));
  if (!follows()) return write_line(std::string(text));
  if (!processes->failed_together())
    write_line("process " + std::to_string(processes->rank()) + ": " + std::string(text));
}

void Session::deliver(std::string text, const std::string& file) {
  if (file.empty())
    out = std::move(text);
  else
    write_output(file, text);
}

void Session::progress(std::string_view text) const {
  static constexpr const char* kClearLine = "\r\x1b[K";
  if (follows() || ::isatty(STDERR_FILENO) == 0) return;
  const std::string line = kClearLine + std::string(text);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

bool Session::flush() {
  std::string_view rest = out;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return true;  // e.g. `| head`: not our failure
    if (written < 0) {
      note(std::string("error: cannot write to stdout: ") + std::strerror(errno));
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void prepare_streams_and_signals() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
      // open() gives the lowest free number, which is fd.
      if (::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) return;
    }
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  // The second Ctrl-C finds the default action.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
}

const std::atomic<bool>& interrupted() { return stop_requested; }

std::string read_input(const std::string& path) {
  return read_file(path == "-" ? "/dev/stdin" : path);
}

void write_output(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace twinlink::scenarios::cli
