#include "scenarios/fitting/nccl_tests_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

// Columns from the out-of-place time on: time, algbw, busbw, #wrong (old versions: error).
constexpr std::size_t kFromTime = 4;
constexpr std::size_t kTimeColumn = 5;  // size, count, type, redop, root, time; old ones: no root

// A launcher's "[1,0]<stdout>:" in front of a line.
std::string without_prefix(const std::string& line) {
  const std::size_t at = line.find("<stdout>:");
  return line.starts_with('[') && at != std::string::npos ? line.substr(at + 9) : line;
}

// "2026-11-22" or "10:31:07", as -S puts in front of rows.
bool is_timestamp(const std::string& word) {
  return word.find_first_not_of("0123456789-:.T") == std::string::npos &&
         word.find_first_of("-:", 1) != std::string::npos;
}

bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i++]);
    int more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
    if (more < 0) return false;
    for (; more > 0; --more, ++i)
      if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return false;
  }
  return true;
}

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
    if (text.find('\0') != std::string::npos)
      return fail("a byte that is no text; is the file UTF-16?");
    if (!is_utf8(text)) return fail("a byte that is no UTF-8; which encoding has the file?");
    std::vector<std::string> words = words_of(without_prefix(text));
    while (!words.empty() && is_timestamp(words.front())) words.erase(words.begin());
    if (words.empty()) return;
    if (words.front().front() == '#') return comment(words);
    if (number<std::int64_t>(words.front())) return row(words);
  }

  void finish() {
    if (open_ && rows_ > 0) fail("the log ends before its \"# Avg bus bandwidth\": it is cut off");
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
    if (has("cputime")) fail("cputime is the host's time; run nccl-tests without -C");
    if (has("nThread") || has("nccl-tests")) open_ = true, rows_ = 0;
    if (has("Avg") && has("bandwidth")) open_ = false;
    if (has("size") && has("time") && has("busbw")) columns(words);
  }

  // The head of the table: "#" and the names, out of place first.
  void columns(const std::vector<std::string>& words) {
    const auto find = [&](const char* name) {
      return static_cast<std::size_t>(std::find(words.begin(), words.end(), name) - words.begin());
    };
    const std::size_t first = find("size");
    for (const char* name : {"type", "algbw"})
      if (find(name) == words.size()) fail("the table has no column \"" + std::string(name) + "\"");
    time_ = find("time") - first;
    type_ = find("type") - first;
  }

  void start(const std::string& name) {
    operation_ = nccl_operation(name);
    if (!operation_) fail("unknown collective \"" + name + "\"");
    ranks_ = 0, rank_lines_ = 0, algorithm_ = "nccl";
  }

  void row(const std::vector<std::string>& words) {
    if (words.size() < time_ + kFromTime)
      return fail("a row of " + std::to_string(words.size()) + " columns; at least " +
                  std::to_string(time_ + kFromTime) + " are needed (is the log cut off?)");
    const auto time = number<double>(words[time_]);
    const int ranks = ranks_ > 0 ? ranks_ : rank_lines_;
    const auto size = number<std::int64_t>(words[0]);
    if (!time || !(*time > 0))
      return fail("time \"" + words[time_] + "\" is not a positive number");
    if (!operation_) return fail("a row before any \"# Collective test starting\"");
    if (ranks < 1) return fail("a row, but no line says how many ranks there are");
    if (machine_.empty()) return fail("no machine is named; say which with --machine");
    if (const auto rate = number<double>(words[time_ + 1]); rate && !follows(*size, *time, *rate))
      return fail("algbw " + words[time_ + 1] + " GB/s does not follow from size and time: are " +
                  "times in us?");
    if (const auto wrong = number<double>(words[time_ + 3]); wrong && *wrong >= 1)
      return fail(words[time_ + 3] + " wrong elements: a wrong result has no time");
    Observation o;
    o.operation = *operation_;
    o.row = {machine_, std::string(name_of(*operation_)), algorithm_, ranks, *size, *time, 0};
    o.suite = "nccl-tests " + machine_;
    o.element = nccl_element(words[type_]).value_or(o.element);
    ++rows_;
    if (known())
      out_.rows.push_back(std::move(o));
    else
      ++out_.unknown;
  }

  // Rates have two decimals; a rate in another unit of time is off by 1000.
  static bool follows(std::int64_t size, double time, double rate) {
    const double expected = static_cast<double>(size) / time / 1e3;
    return std::abs(rate - expected) <= 0.05 * expected + 0.01 + 0.02 * rate;
  }

  [[nodiscard]] bool known() const {
    for (const models::Algorithm& a : models::catalogue())
      if (a.operation == *operation_ && a.name == algorithm_) return true;
    return false;
  }

  std::string file_, machine_, algorithm_ = "nccl";
  Observations& out_;
  std::optional<models::Operation> operation_;
  std::size_t time_ = kTimeColumn, type_ = 2;
  int line_ = 0, ranks_ = 0, rank_lines_ = 0, rows_ = 0;
  bool open_ = false;  // within one run of nccl-tests
  std::vector<InputIssue> problems_;
};

}  // namespace

std::optional<models::ElementType> nccl_element(const std::string& name) {
  using models::ElementType;
  if (name == "float") return ElementType::fp32;
  if (name == "double") return ElementType::fp64;
  if (name == "half") return ElementType::fp16;
  if (name == "bfloat16") return ElementType::bf16;
  return std::nullopt;
}

std::optional<models::Operation> nccl_operation(std::string name) {
  if (name.ends_with("_perf")) name.resize(name.size() - 5);
  if (name == "alltoall") name = "all_to_all";
  return models::parse<models::Operation>(name);
}

void read_nccl_tests_text(const std::string& text, const std::string& file,
                          const std::string& machine, Observations& out) {
  Reader reader(file, machine, out);
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) reader.line(line);
  reader.finish();
}

}  // namespace twinlink::scenarios
