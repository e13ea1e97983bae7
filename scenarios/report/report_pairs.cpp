// Predicted beside reference, and the pictures of a report.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "scenarios/report/compare_results.h"
#include "scenarios/report/report.h"
#include "scenarios/report/svg_chart.h"

namespace twinlink::scenarios {
namespace {

void add_published(const Result& row, std::vector<Pair>& out) {
  for (const auto& [name, error] : published_errors(row)) {
    const auto& fields = row.published->fields;
    const auto theirs = std::ranges::find(fields, name, &std::pair<std::string, double>::first);
    out.push_back({&row, name, *figure(row, name), theirs->second, error});
  }
}

void add_measured(const std::vector<Result>& rows, std::vector<Pair>& out) {
  std::map<std::string, const Result*> measured;
  for (const Result& row : rows)
    if (row.executor == ExecutorKind::realgpu && row.time_us.value_or(0) > 0)
      measured.emplace(match_key(row, false), &row);
  for (const Result& row : rows) {
    const auto found = measured.find(match_key(row, false));
    if (row.executor != ExecutorKind::sim || !row.time_us || found == measured.end()) continue;
    const double truth = *found->second->time_us;
    out.push_back({&row, "time_us (measured here)", *row.time_us, truth,
                   100 * (*row.time_us - truth) / truth});
  }
}

// Figures of one unit share a picture.
std::string unit_of(const std::string& figure) {
  if (figure.starts_with("time_us")) return "us";
  for (const char* unit : {"_us", "_ms", "_GBps"})
    if (figure.ends_with(unit)) return unit + 1;
  return figure;
}

ChartSeries& series_called(Chart& chart, const std::string& name, bool line) {
  for (ChartSeries& series : chart.series)
    if (series.name == name) return series;
  return chart.series.emplace_back(ChartSeries{name, {}, line});
}

using Charts = std::vector<std::pair<std::string, Chart>>;  // by what they show, in order

Chart& chart_called(Charts& charts, const std::string& key) {
  for (auto& [name, chart] : charts)
    if (name == key) return chart;
  return charts.emplace_back(key, Chart{}).second;
}

Charts time_charts(const std::vector<Result>& rows) {
  Charts charts;
  for (const Result& row : rows) {
    if (!row.workload.empty() || row.time_us.value_or(0) <= 0) continue;
    const std::string variant = row.variant.empty() ? "" : ", " + row.variant;
    const std::string title =
        fmt::format("{} on {} ranks of {}{}", operation_name(row), row.ranks, row.machine, variant);
    Chart& chart = chart_called(charts, row.scenario + title);
    chart.title = title, chart.x_is_bytes = true;
    chart.x_label = "size", chart.y_label = "time, us";
    const auto size = static_cast<double>(row.bytes.count);
    const bool real = row.executor == ExecutorKind::realgpu;
    series_called(chart, row.algorithm + (real ? " measured" : ""), !real)
        .points.emplace_back(size, *row.time_us);
  }
  std::erase_if(charts, [](const auto& entry) {
    return std::ranges::none_of(entry.second.series, [](const ChartSeries& series) {
      return series.line && series.points.size() > 1;
    });
  });
  for (auto& [key, chart] : charts)
    for (ChartSeries& series : chart.series) std::ranges::sort(series.points);
  return charts;
}

Charts scatter_charts(const std::vector<Pair>& pairs) {
  constexpr std::size_t kFewest = 4;  // fewer are read from the table
  Charts charts;
  std::map<std::string, std::size_t> points;
  for (const Pair& pair : pairs) {
    const std::string unit = unit_of(pair.figure);
    const std::string title =
        fmt::format("{}: predicted against reference, {}", pair.row->scenario, unit);
    Chart& chart = chart_called(charts, title);
    chart.title = title, chart.diagonal = true;
    chart.x_label = "reference, " + unit, chart.y_label = "predicted, " + unit;
    const std::string& name =
        unit == pair.figure || pair.figure == "time_us" ? pair.row->machine : pair.figure;
    series_called(chart, name, false).points.emplace_back(pair.reference, pair.predicted);
    ++points[title];
  }
  std::erase_if(charts, [&](const auto& entry) { return points[entry.first] < kFewest; });
  return charts;
}

}  // namespace

std::vector<Pair> reference_pairs(const std::vector<Result>& rows) {
  std::vector<Pair> out;
  for (const Result& row : rows) add_published(row, out);
  add_measured(rows, out);
  return out;
}

std::vector<Picture> pictures(const std::vector<Result>& rows, const std::vector<Pair>& pairs,
                              const std::string& stem) {
  std::vector<Picture> out;
  for (const Charts& charts : {time_charts(rows), scatter_charts(pairs)})
    for (const auto& [key, chart] : charts)
      out.push_back({fmt::format("{}.{}.svg", stem, out.size() + 1), chart.title, to_svg(chart)});
  return out;
}

}  // namespace twinlink::scenarios
