#include "scenarios/fitting/timing_csv.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "scenarios/published.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::scenarios {
namespace {

std::vector<std::string> cells_of(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  if (line.ends_with(',')) cells.emplace_back();
  return cells;
}

template <class Number>
std::optional<Number> positive(const std::string& cell) {
  Number value{};
  const char* end = cell.data() + cell.size();
  const auto [rest, error] = std::from_chars(cell.data(), end, value);
  if (error != std::errc() || rest != end || !(value > 0)) return std::nullopt;
  return value;
}

// Half of the last digit that is written, in the cell's unit: what rounding may have taken.
double half_digit(const std::string& cell) {
  const std::size_t point = cell.find('.');
  return 0.5 * (point == std::string::npos
                    ? 1.0
                    : std::pow(10.0, -static_cast<double>(cell.size() - point - 1)));
}

// Our names of their algorithms, from the published records.
struct Names {
  std::map<std::string, std::string> algorithms;
  Names() {
    for (const PublishedRecord& record : published_records())
      for (const PublishedRecord::Alias& alias : record.aliases)
        if (!alias.nearest) algorithms[alias.theirs] = alias.ours;
  }
  [[nodiscard]] std::string algorithm(const std::string& theirs) const {
    const auto found = algorithms.find(theirs);
    return found == algorithms.end() ? theirs : found->second;
  }
};

class CsvReader {
 public:
  CsvReader(std::string file, std::string machine, Observations& out)
      : file_(std::move(file)), machine_(std::move(machine)), out_(out) {}

  void head(const std::string& line) {
    ++line_;
    columns_ = cells_of(line);
    for (const char* name : {"tp", "bytes", "algorithm"})
      if (!has(name)) fail("the table has no column \"" + std::string(name) + "\"");
    for (const auto& [name, unit] : {std::pair{"time_us", 1.0}, {"time_ms", 1e3}, {"time_s", 1e6}})
      if (has(name)) {
        if (!time_.empty()) fail("two columns of time: " + time_ + " and " + name);
        time_ = name, unit_ = unit;
      }
    if (time_.empty()) fail("no column of time: time_us, time_ms or time_s");
    if (!problems_.empty()) throw InputError(problems_);
  }

  void row(const std::string& line) {
    ++line_;
    cells_ = cells_of(line);
    if (cells_.empty()) return;
    if (cells_.size() != columns_.size())
      return fail("a row of " + std::to_string(cells_.size()) + " cells under " +
                  std::to_string(columns_.size()) + " columns (is the file cut off?)");
    const auto ranks = positive<int>(cell("tp"));
    const auto bytes = positive<std::int64_t>(cell("bytes"));
    const auto time = positive<double>(cell(time_));
    if (!time) return fail(time_ + " \"" + cell(time_) + "\" is not a positive number");
    if (!ranks || !bytes) return fail("tp and bytes must be positive whole numbers");
    add(*ranks, *bytes, *time);
  }

  void finish() const {
    if (!problems_.empty()) throw InputError(problems_);
  }

 private:
  void add(int ranks, std::int64_t bytes, double time) {
    Observation o;
    o.row = {machine_of(),
             "all_reduce",
             names_.algorithm(cell("algorithm")),
             ranks,
             bytes,
             time * unit_,
             0};
    if (o.row.machine.empty()) return fail("no machine is known by that name; use --machine");
    o.suite = "table " + o.row.machine;
    o.element = models::ElementType::bf16;
    o.sigma = std::hypot(kRepeatability, half_digit(cell(time_)) / std::sqrt(3.0) / time);
    if (in_catalogue(o.operation, o.row.algorithm))
      out_.rows.push_back(std::move(o));
    else
      ++out_.unknown;
  }

  // "H100" is the preset hgx-h100.
  [[nodiscard]] std::string machine_of() const {
    if (!has("hardware")) return machine_;
    std::string name = cell("hardware");
    if (topology::find_preset(name)) return name;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    name = "hgx-" + name;
    return topology::find_preset(name) ? name : machine_;
  }

  [[nodiscard]] bool has(const std::string& name) const {
    return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
  }

  [[nodiscard]] const std::string& cell(const std::string& name) const {
    const auto at = std::find(columns_.begin(), columns_.end(), name) - columns_.begin();
    return cells_[static_cast<std::size_t>(at)];
  }

  void fail(const std::string& message) {
    InputIssue issue{"", message, file_};
    issue.line = line_;
    problems_.push_back(issue);
    if (problems_.size() > 20) throw InputError(problems_);
  }

  std::string file_, machine_, time_;
  Observations& out_;
  Names names_;
  std::vector<std::string> columns_, cells_;
  double unit_ = 1;
  int line_ = 0;
  std::vector<InputIssue> problems_;
};

}  // namespace

bool is_timing_csv(const std::string& text) {
  const std::vector<std::string> head = cells_of(text.substr(0, text.find('\n')));
  return head.size() > 2 && std::find(head.begin(), head.end(), "algorithm") != head.end();
}

void read_timing_csv(const std::string& text, const std::string& file, const std::string& machine,
                     Observations& out) {
  CsvReader reader(file, machine, out);
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  reader.head(line);
  while (std::getline(in, line)) reader.row(line);
  reader.finish();
}

}  // namespace twinlink::scenarios
