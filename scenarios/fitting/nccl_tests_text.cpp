#include "scenarios/fitting/nccl_tests_text.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

constexpr std::size_t kColumns = 9;  // up to the out-of-place #wrong

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

template <class Number>
std::optional<Number> number(const std::string& word) {
  Number value{};
  const char* end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

// The word after "name:" in a comment.
std::string after(const std::vector<std::string>& words, const std::string& name) {
  const auto found = std::find(words.begin(), words.end(), name);
  return found == words.end() || found + 1 == words.end() ? "" : *(found + 1);
}

class Reader {
 public:
  Reader(std::string file, std::string machine, Observations& out)
      : file_(std::move(file)), machine_(std::move(machine)), out_(out) {}

  void line(const std::string& text) {
    ++line_;
    for (const char c : text)
      if (c == '\0') fail("a byte that is no text; is the file UTF-16?");
    const std::vector<std::string> words = words_of(text);
    if (words.empty()) return;
    if (words.front().front() == '#') return comment(words);
    if (number<std::int64_t>(words.front())) return row(words);
  }

  void finish() {
    if (!problems_.empty()) throw InputError(problems_);
  }

 private:
  void fail(const std::string& message) {
    InputIssue issue{"", message, file_};
    issue.line = line_;
    problems_.push_back(issue);
    if (problems_.size() > 20) throw InputError(problems_);
  }

  void comment(const std::vector<std::string>& words) {
    if (words.size() > 2 && words[1] == "Rank") ++rank_lines_;
    if (after(words, "starting:").size() > 0) start(after(words, "starting:"));
    if (const std::string name = after(words, "algorithm:"); !name.empty()) algorithm_ = name;
    if (const std::string count = after(words, "ranks:"); !count.empty())
      ranks_ = number<int>(count).value_or(0);
    if (const std::string name = after(words, "machine:"); !name.empty() && machine_.empty())
      machine_ = name;
    const auto has = [&](const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (has("(GB/s)") && !has("(us)")) fail("times must be in us");
  }

  void start(std::string name) {
    if (name.ends_with("_perf")) name.resize(name.size() - 5);
    if (name == "alltoall") name = "all_to_all";
    operation_ = models::parse<models::Operation>(name);
    if (!operation_) fail("unknown collective \"" + name + "\"");
    ranks_ = 0, rank_lines_ = 0, algorithm_ = "nccl";
  }

  void row(const std::vector<std::string>& words) {
    if (words.size() < kColumns)
      return fail("a row of " + std::to_string(words.size()) + " columns; at least " +
                  std::to_string(kColumns) + " are needed (is the log cut off?)");
    const auto time = number<double>(words[5]);
    const int ranks = ranks_ > 0 ? ranks_ : rank_lines_;
    if (!time || !(*time > 0)) return fail("time \"" + words[5] + "\" is not a positive number");
    if (!operation_) return fail("a row before any \"# Collective test starting\"");
    if (ranks < 1) return fail("a row, but no line says how many ranks there are");
    if (machine_.empty()) return fail("no machine is named; say which with --machine");
    Observation o;
    o.operation = *operation_;
    o.row = {machine_, std::string(name_of(*operation_)), algorithm_,
             ranks,    *number<std::int64_t>(words[0]),   *time,
             0};
    o.suite = "nccl-tests " + machine_;
    if (known())
      out_.rows.push_back(std::move(o));
    else
      ++out_.unknown;
  }

  [[nodiscard]] bool known() const {
    for (const models::Algorithm& a : models::catalogue())
      if (a.operation == *operation_ && a.name == algorithm_) return true;
    return false;
  }

  std::string file_, machine_, algorithm_ = "nccl";
  Observations& out_;
  std::optional<models::Operation> operation_;
  int line_ = 0, ranks_ = 0, rank_lines_ = 0;
  std::vector<InputIssue> problems_;
};

}  // namespace

void read_nccl_tests_text(const std::string& text, const std::string& file,
                          const std::string& machine, Observations& out) {
  Reader reader(file, machine, out);
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) reader.line(line);
  reader.finish();
}

}  // namespace twinlink::scenarios
