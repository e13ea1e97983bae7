#include "scenarios/cli/long_list.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "models/collectives/lower_bound.h"
#include "models/collectives/request_check.h"
#include "scenarios/cli/layout.h"
#include "scenarios/machine.h"
#include "scenarios/units_text.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

using models::Algorithm;
using Json = nlohmann::ordered_json;

constexpr models::AlphaBetaGamma kCrossbar{2e-6, 1 / 900e9, 0};

struct Figures {
  models::AlgorithmCounts counts;
  double time_us = 0, bound_us = 0;
  [[nodiscard]] std::string ratio() const {
    return bound_us > 0 ? fmt::format("{:.2f}", time_us / bound_us) : "-";
  }
};

models::CollectiveRequest request_of(const Algorithm& algorithm, const LongChoice& choice) {
  models::CollectiveRequest request;
  request.operation = algorithm.operation;
  request.gpu_of_rank = gpu_of_rank(choice.ranks, 1);
  request.bytes = choice.bytes;
  request.multicast = algorithm.needs == models::Needs::multicast;
  return request;
}

// Throws InputError or UnsupportedError where the algorithm refuses.
Figures figures_of(const Algorithm& algorithm, const LongChoice& choice) {
  const models::CollectiveRequest request = request_of(algorithm, choice);
  models::check_request(algorithm, request);
  if (algorithm.closed_form == nullptr)
    throw UnsupportedError("no closed form: " + std::string(algorithm.closed_form_text));
  return {algorithm.counts(request), algorithm.closed_form(request, kCrossbar) * 1e6,
          models::lower_bound(request, kCrossbar) * 1e6};
}

// One line of a table, or why there is none.
struct Row {
  const Algorithm* algorithm;
  std::optional<Figures> figures;
  std::string refused;
};

Row row_of(const Algorithm& algorithm, const LongChoice& choice) {
  try {
    return {&algorithm, figures_of(algorithm, choice), ""};
  } catch (const InputError& error) {
    return {&algorithm, std::nullopt, error.issues().front().message};
  } catch (const UnsupportedError& error) {
    return {&algorithm, std::nullopt, error.what()};
  }
}

struct Section {
  models::Operation operation;
  std::vector<Row> rows;
};

std::vector<Section> sections(const LongChoice& choice) {
  std::vector<Section> out;
  for (const auto& word : models::words(models::Operation{})) {
    Section section{word.value, {}};
    for (const Algorithm& algorithm : models::catalogue())
      if (algorithm.operation == word.value) section.rows.push_back(row_of(algorithm, choice));
    if (!section.rows.empty()) out.push_back(std::move(section));
  }
  return out;
}

std::string at_text(const LongChoice& choice) {
  return fmt::format("{} ranks, {}", choice.ranks, to_text(choice.bytes));
}

// Exact where that fits the table.
std::string short_text(Bytes size) {
  const std::string exact = to_text(size);
  if (exact.size() <= 9) return exact;
  for (const auto& [unit, shift] : {std::pair("GiB", 30), std::pair("MiB", 20)})
    if (size >= Bytes{std::int64_t{1} << shift})
      return fmt::format("{:.4g} {}", std::ldexp(static_cast<double>(size.count), -shift), unit);
  return exact;
}

std::string text_of(const Row& row) {
  const Algorithm& algorithm = *row.algorithm;
  if (!row.figures) return wrapped(fmt::format("  {:<22} {}", algorithm.name, row.refused), 4);
  const models::AlgorithmCounts& counts = row.figures->counts;
  return fmt::format("  {:<22} {:>6} {:>6} {:>9} {:>9} {:>4} {:>9.2f} {:>6}\n", algorithm.name,
                     counts.rounds, counts.messages, short_text(counts.bytes_in),
                     short_text(counts.bytes_out), counts.applications, row.figures->time_us,
                     row.figures->ratio());
}

std::string text_of(const Section& section, const LongChoice& choice) {
  std::string out = fmt::format("{}: {}\n", models::name_of(section.operation), at_text(choice));
  out += fmt::format("  {:<22} {:>6} {:>6} {:>9} {:>9} {:>4} {:>9} {:>6}\n", "algorithm", "rounds",
                     "msgs", "bytes in", "bytes out", "apps", "time (us)", "xbound");
  for (const Row& row : section.rows) out += text_of(row);
  for (const Row& row : section.rows)
    out +=
        wrapped(fmt::format("  {}: {}", row.algorithm->name, row.algorithm->closed_form_text), 4);
  return out;
}

// A cell of a Markdown table: no bar may stand in it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string counts_row(const Row& row) {
  if (!row.figures)
    return fmt::format("| `{}` | {} | | | | | | |\n", row.algorithm->name, cell(row.refused));
  const models::AlgorithmCounts& counts = row.figures->counts;
  return fmt::format("| `{}` | {} | {} | {} | {} | {} | {:.2f} | {} |\n", row.algorithm->name,
                     counts.rounds, counts.messages, to_text(counts.bytes_in),
                     to_text(counts.bytes_out), counts.applications, row.figures->time_us,
                     row.figures->ratio());
}

std::string markdown_of(const Section& section, const LongChoice& choice) {
  std::string out =
      fmt::format("\n## {}\n\n{}.\n\n", models::name_of(section.operation), at_text(choice));
  out +=
      "| algorithm | rounds | messages | bytes in | bytes out | applications | time (us) | x bound "
      "|\n";
  out += "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const Row& row : section.rows) out += counts_row(row);
  out += "\n| algorithm | what it does | closed form | source |\n| --- | --- | --- | --- |\n";
  for (const Row& row : section.rows) {
    const Algorithm& a = *row.algorithm;
    out += fmt::format("| `{}` | {} | {} | {} |\n", a.name, cell(a.help), cell(a.closed_form_text),
                       cell(a.source));
  }
  return out;
}

}  // namespace

std::string long_text(const LongChoice& choice) {
  std::string out;
  for (const Section& section : sections(choice)) out += text_of(section, choice) + "\n";
  return out +
         wrapped(
             "Bytes: the most into and out of one rank. apps: operator applications on "
             "the longest chain. time: the closed form at alpha 2 us, beta 1/(900 GB/s), "
             "gamma 0 (the ideal crossbar), without contention. xbound: over the least time that "
             "any algorithm for the operation needs.");
}

std::string long_markdown(const LongChoice& choice) {
  std::string out;
  for (const Section& section : sections(choice)) out += markdown_of(section, choice);
  return out;
}

Json long_json(const Algorithm& algorithm, const LongChoice& choice) {
  Json out{{"ranks", choice.ranks}, {"bytes", choice.bytes.count}};
  const Row row = row_of(algorithm, choice);
  if (!row.figures) {
    out["refused"] = row.refused;
    return out;
  }
  out["rounds"] = row.figures->counts.rounds;
  out["messages"] = row.figures->counts.messages;
  out["bytes_in"] = row.figures->counts.bytes_in.count;
  out["bytes_out"] = row.figures->counts.bytes_out.count;
  out["applications"] = row.figures->counts.applications;
  out["closed_form_us"] = row.figures->time_us;
  out["lower_bound_us"] = row.figures->bound_us;
  const bool bounded = row.figures->bound_us > 0;
  out["over_bound"] = bounded ? Json(row.figures->time_us / row.figures->bound_us) : Json();
  return out;
}

}  // namespace twinlink::scenarios::cli
