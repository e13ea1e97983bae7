#include "scenarios/fitting/observations.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/files/read_file.h"
#include "scenarios/fitting/nccl_tests_text.h"
#include "scenarios/fitting/run_list.h"
#include "scenarios/fitting/set_rows.h"
#include "scenarios/fitting/timing_csv.h"
#include "scenarios/machine.h"
#include "scenarios/published.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::json;

// Our name of a published algorithm; empty if we do not have that very one.
std::string our_name(const PublishedRecord& record, const std::string& theirs) {
  for (const PublishedRecord::Alias& alias : record.aliases)
    if (alias.theirs == theirs && !alias.nearest && in_catalogue(record.operation, alias.ours))
      return alias.ours;
  return in_catalogue(record.operation, theirs) ? theirs : "";
}

// A uniform error of one step, as a standard deviation.
double rounding(double step_us) { return step_us / std::sqrt(12.0); }

void add_record(const PublishedRecord& record, Observations& out) {
  for (const PublishedRow& row : record.rows) {
    const std::string name = our_name(record, row.algorithm);
    if (name.empty()) {
      ++out.unknown;
      continue;
    }
    Observation o;
    o.row = {row.machine,
             std::string(name_of(record.operation)),
             name,
             row.ranks,
             row.bytes.count,
             row.time_us,
             0};
    o.suite = record.name + " " + row.machine;
    o.operation = record.operation;
    o.element = models::ElementType::bf16;
    o.sigma = std::hypot(kRepeatability, rounding(record.step_us) / row.time_us);
    out.rows.push_back(std::move(o));
  }
}

[[noreturn]] void fail(const std::string& file, int line, const std::string& message) {
  InputIssue issue{"", message, file};
  issue.line = line;
  throw InputError({issue});
}

// How a file of results says that its plans were laid out, where results do not say it.
struct Layout {
  std::optional<models::LaneShape> shape;
  int ranks_per_gpu = 1, heads = 1;
  double decay = 0;
};

Layout layout_of(const Json& json) {
  Layout layout;
  if (!json.contains("layout")) return layout;
  const Json& said = json.at("layout");
  layout.ranks_per_gpu = said.value("ranks_per_gpu", 1);
  layout.heads = said.value("heads", 1);
  layout.decay = said.value("decay", 0.0);
  if (said.contains("ctas"))
    layout.shape = {said.at("ctas").get<std::int32_t>(), said.at("threads").get<std::int16_t>(), 16,
                    said.at("loads").get<std::int16_t>()};
  return layout;
}

void apply(const Layout& layout, Observation& o) {
  o.shape = layout.shape;
  o.ranks_per_gpu = layout.ranks_per_gpu;
  o.row.together = o.ranks_per_gpu > 1;
  if (o.row.together) o.suite += "-ranks_per_gpu";
  if (o.operation != models::Operation::exscan) return;
  o.heads = layout.heads;
  o.decay = layout.decay;
}

// A measured result; nothing for results of other executors.
void add_result(const Json& json, const std::string& file, int line, Observations& out) {
  if (json.value("executor", "") != "realgpu" || !json.contains("time_us") ||
      json.at("time_us").is_null())
    return;
  Observation o;
  const auto operation = models::parse<models::Operation>(json.at("operation").get<std::string>());
  if (!operation) fail(file, line, "unknown operation " + json.at("operation").dump());
  o.operation = *operation;
  o.row = {json.at("machine").get<std::string>(),
           std::string(name_of(*operation)),
           json.at("algorithm").get<std::string>(),
           json.at("ranks").get<int>(),
           json.at("bytes").get<std::int64_t>(),
           json.at("time_us").get<double>(),
           0};
  if (!(o.row.measured_us > 0)) fail(file, line, "time_us must be positive");
  if (!in_catalogue(*operation, o.row.algorithm)) return void(++out.unknown);
  o.suite = "measured " + o.row.machine;
  if (json.value("mode", "") == "stream") return void(++out.left_out[kStreamMode]);
  const double low = json.value("time_us_p10", 0.0), high = json.value("time_us_p90", 0.0);
  if (high > low && low > 0)
    o.sigma = std::hypot(kRepeatability, (high - low) / kP10ToP90 / o.row.measured_us);
  out.rows.push_back(std::move(o));
}

void add_results(const Json& json, const std::string& file, int line, Observations& out) {
  if (json.contains("results")) {
    const std::size_t first = out.rows.size();
    for (const Json& result : json.at("results")) add_result(result, file, line, out);
    const Layout layout = layout_of(json);
    for (std::size_t i = first; i < out.rows.size(); ++i) apply(layout, out.rows[i]);
  } else
    add_result(json, file, line, out);
}

void add_json(const std::string& text, const std::string& file, const std::string& machine,
              Observations& out) {
  try {
    const Json json = Json::parse(text);
    const std::string schema = json.value("schema", "");
    if (schema.starts_with("twinlink.published/"))
      return add_record(read_published(text, file), out);
    if (schema.starts_with("twinlink.measurement/"))
      return add_measured_rows(read_measured_sets(text, file), file, machine, out);
    if (json.contains("nccl_version") && json.contains("config"))
      return read_nccl_tests_json(json, file, machine, out);
    if (schema.starts_with("twinlink.result/") || json.contains("results"))
      return add_results(json, file, 0, out);
    fail(file, 1,
         "neither published records (twinlink.published/1) nor results (twinlink.result/1) nor "
         "measurements (twinlink.measurement/1)");
  } catch (const Json::exception& error) {
    fail(file, 0, error.what());
  }
}

// One JSON object per line.
void add_json_lines(const std::string& text, const std::string& file, Observations& out) {
  int line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    ++line;
    const std::string row = text.substr(at, end - at);
    at = end + 1;
    if (row.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      add_results(Json::parse(row), file, line, out);
    } catch (const Json::exception& error) {
      fail(file, line, error.what());
    }
  }
}

Observations listed_observations(const std::string& text, const std::string& file,
                                 const std::string& machine) {
  Observations out;
  for (const std::string& path : read_run_list(text, file)) {
    const std::string run = read_file(path);
    if (is_run_list(run)) fail(file, 0, path + " is a list itself");
    out.append(read_observations(run, path, machine));
  }
  return out;
}

bool several_objects(const std::string& text) {
  return text.front() == '{' && !Json::accept(text) &&
         Json::accept(text.substr(0, text.find('\n')));
}

}  // namespace

bool in_catalogue(models::Operation operation, const std::string& name) {
  const auto rows = models::catalogue();
  return std::any_of(rows.begin(), rows.end(), [&](const models::Algorithm& a) {
    return a.operation == operation && a.name == name;
  });
}

void Observations::append(Observations more) {
  rows.insert(rows.end(), more.rows.begin(), more.rows.end());
  unknown += more.unknown;
  for (const auto& [why, count] : more.left_out) left_out[why] += count;
}

void leave_out(Observations& observations, const std::vector<std::string>& algorithms) {
  std::set<std::string> known;
  for (const Observation& row : observations.rows) known.insert(row.row.algorithm);
  for (const std::string& name : algorithms)
    if (!known.contains(name))
      throw UsageError("no row is of algorithm \"" + name + "\"." +
                       did_you_mean(name, {known.begin(), known.end()}));
  std::erase_if(observations.rows, [&](const Observation& row) {
    return std::ranges::find(algorithms, row.row.algorithm) != algorithms.end();
  });
  if (observations.rows.empty() && !algorithms.empty()) throw UsageError("--without leaves no row");
}

Observations read_observations(const std::string& text, const std::string& file,
                               const std::string& machine) {
  Observations out;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) fail(file, 1, "the file is empty");
  const std::string body = text.substr(first);
  if (is_run_list(body)) return listed_observations(text, file, machine);
  if (is_timing_csv(body))
    read_timing_csv(text, file, machine, out);
  else if (body.front() != '{')
    read_nccl_tests_text(text, file, machine, out);
  else if (several_objects(body))
    add_json_lines(text, file, out);
  else
    add_json(body, file, machine, out);
  if (out.rows.empty())
    fail(file, 0,
         out.unknown > 0 ? "no row of an algorithm that twinlink has" : "no measured time in it");
  return out;
}

Observations measured_observations() {
  Observations out;
  for (const std::string& name : data_names("profiles/measured")) {
    const std::string path = find_data("profiles/measured/" + name + ".json").string();
    out.append(read_observations(read_file(path), path, ""));
  }
  return out;
}

Observations published_observations() {
  Observations out;
  for (const PublishedRecord& record : published_records()) add_record(record, out);
  return out;
}

}  // namespace twinlink::scenarios
