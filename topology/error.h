#pragma once
// Two of the three kinds of failure (the third, GpuError, lives in realgpu).
//
// InputError: the user's input is wrong. It carries *all* issues found; each says where (file, line
// and column when they are known, JSON pointer) and what, with a suggestion when there is one. It
// is thrown by readers and builders and printed once, by main; exit code 4. UsageError: an option
// or name on the command line is wrong; exit code 2. UnsupportedError: the request is right but
// this machine or build cannot do it; exit code 5. InternalError: our own promise is broken
// (TL_ENSURE, on in every build); exit code 1. Libraries never print and never exit.
#include <stdexcept>
#include <string>
#include <vector>

namespace twinlink {

struct InputIssue {
  std::string pointer;  // JSON pointer of the wrong value; empty: the whole input
  std::string
      message;       // what is wrong, what is allowed, and the nearest right name if there is one
  std::string file;  // filled in by the reader that knows it
  int line = 0;      // 1-based; 0: unknown
  int column = 0;    // 1-based; 0: unknown
};

// "file:line:column: /json/pointer: message", without the parts that are not known.
std::string to_text(const InputIssue& issue);

class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<InputIssue> issues);
  explicit InputError(std::string message, std::string pointer = {});
  [[nodiscard]] const std::vector<InputIssue>& issues() const { return issues_; }

 private:
  std::vector<InputIssue> issues_;
};

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class UnsupportedError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_ensure(const char* condition, const char* file, int line,
                              const std::string& message);

// The candidate nearest to `name` by edit distance, or "" if none is near (at most a third of the
// letters wrong). Ties go to the first candidate.
std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

// ` Did you mean "<nearest_name>"?`, to end a message with; "" if no candidate is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace twinlink

#define TL_ENSURE(condition, message) \
  ((condition) ? void() : ::twinlink::fail_ensure(#condition, __FILE__, __LINE__, (message)))
