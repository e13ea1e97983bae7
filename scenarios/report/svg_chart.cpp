#include "scenarios/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

constexpr double kLeft = 70, kTop = 40, kPlotWidth = 480, kPlotHeight = 340;
constexpr double kWidth = 760, kHeight = 430;
constexpr std::array kColours{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                              "#56B4E9", "#E69F00", "#000000", "#B8A800"};

struct Range {
  double low = std::numeric_limits<double>::max(), high = 0;
  void add(double value) { low = std::min(low, value), high = std::max(high, value); }
};

struct Frame {
  Range x, y;
  [[nodiscard]] double at_x(double v) const {
    return kLeft + kPlotWidth * std::log(v / x.low) / std::log(x.high / x.low);
  }
  [[nodiscard]] double at_y(double v) const {
    return kTop + kPlotHeight * (1 - std::log(v / y.low) / std::log(y.high / y.low));
  }
};

bool drawable(const std::pair<double, double>& p) {
  return p.first > 0 && p.second > 0 && std::isfinite(p.first) && std::isfinite(p.second);
}

// A little air on both sides; one value alone gets a range too.
void widen(Range& range) {
  if (range.high == 0) range = {1, 10};
  const double air = std::max(1.08, std::pow(range.high / range.low, 0.04));
  range.low /= air, range.high *= air;
}

Frame frame_of(const Chart& chart) {
  Frame frame;
  for (const ChartSeries& series : chart.series)
    for (const auto& point : series.points)
      if (drawable(point)) frame.x.add(point.first), frame.y.add(point.second);
  if (chart.diagonal) {
    frame.x.low = std::min(frame.x.low, frame.y.low);
    frame.x.high = std::max(frame.x.high, frame.y.high);
    frame.y = frame.x;
  }
  widen(frame.x), widen(frame.y);
  return frame;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  return out;
}

// 1, 2, 5 times powers of ten; only the powers where these would be too many.
std::vector<double> decade_ticks(const Range& range) {
  const bool dense = range.high / range.low < 2000;
  std::vector<double> ticks;
  for (double power = std::pow(10, std::floor(std::log10(range.low))); power <= range.high;
       power *= 10)
    for (const double m : {1.0, 2.0, 5.0})
      if (m * power >= range.low && m * power <= range.high && (m == 1 || dense))
        ticks.push_back(m * power);
  return ticks;
}

// At most about eight powers of two.
std::vector<double> byte_ticks(const Range& range) {
  const double step = std::exp2(std::ceil(std::max(1.0, std::log2(range.high / range.low) / 8)));
  std::vector<double> ticks;
  for (double v = std::exp2(std::ceil(std::log2(range.low))); v <= range.high; v *= step)
    if (v >= 1) ticks.push_back(v);
  return ticks;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(text));
}

std::string line_at(double x1, double y1, double x2, double y2, const char* style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1,
                     x2, y2, style);
}

std::string axes(const Chart& chart, const Frame& frame) {
  constexpr const char* kGrid = "stroke=\"#dddddd\"";
  const double bottom = kTop + kPlotHeight, right = kLeft + kPlotWidth;
  std::string out;
  for (const double v : chart.x_is_bytes ? byte_ticks(frame.x) : decade_ticks(frame.x)) {
    out += line_at(frame.at_x(v), kTop, frame.at_x(v), bottom, kGrid);
    const std::string label =
        chart.x_is_bytes ? to_text(Bytes{std::llround(v)}) : fmt::format("{:g}", v);
    out += text_at(frame.at_x(v), bottom + 16, "middle", label);
  }
  for (const double v : decade_ticks(frame.y)) {
    out += line_at(kLeft, frame.at_y(v), right, frame.at_y(v), kGrid);
    out += text_at(kLeft - 6, frame.at_y(v) + 4, "end", fmt::format("{:g}", v));
  }
  out += fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#444444\"/>\n",
      kLeft, kTop, kPlotWidth, kPlotHeight);
  out += text_at(kLeft + kPlotWidth / 2, 22, "middle", chart.title);
  out += text_at(kLeft + kPlotWidth / 2, bottom + 36, "middle", chart.x_label);
  return out + fmt::format(
                   "<text transform=\"translate(18,{}) rotate(-90)\" "
                   "text-anchor=\"middle\">{}</text>\n",
                   kTop + kPlotHeight / 2, escaped(chart.y_label));
}

std::string diagonals(const Frame& frame) {
  std::string out;
  for (const double factor : {0.9, 1.0, 1.1}) {
    const double low = std::max(frame.x.low, frame.x.low / factor);
    const double high = std::min(frame.x.high, frame.x.high / factor);
    out += line_at(
        frame.at_x(low), frame.at_y(low * factor), frame.at_x(high), frame.at_y(high * factor),
        factor == 1 ? "stroke=\"#888888\"" : "stroke=\"#bbbbbb\" stroke-dasharray=\"2 3\"");
  }
  return out;
}

std::string mark(double x, double y, const char* colour, bool filled) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\" stroke=\"{}\"/>\n",
                     x, y, filled ? 3 : 4, filled ? colour : "none", colour);
}

std::string draw(const ChartSeries& series, std::size_t index, const Frame& frame) {
  const char* colour = kColours.at(index % kColours.size());
  const double legend_y = kTop + 10 + 16 * static_cast<double>(index);
  const double legend_x = kLeft + kPlotWidth + 16;
  std::string marks, path;
  for (const auto& point : series.points) {
    if (!drawable(point)) continue;
    const double x = frame.at_x(point.first), y = frame.at_y(point.second);
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
    marks += mark(x, y, colour, series.line);
  }
  std::string out;
  if (series.line)
    out += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\"{}/>\n", path, colour,
                       index < kColours.size() ? "" : " stroke-dasharray=\"5 3\"");
  return out + marks + mark(legend_x, legend_y - 4, colour, series.line) +
         text_at(legend_x + 10, legend_y, "start", series.name);
}

}  // namespace

std::string to_svg(const Chart& chart) {
  const Frame frame = frame_of(chart);
  const double height =
      std::max(kHeight, kTop + 30 + 16 * static_cast<double>(chart.series.size()));
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth, height);
  out += axes(chart, frame);
  if (chart.diagonal) out += diagonals(frame);
  for (std::size_t i = 0; i < chart.series.size(); ++i) out += draw(chart.series[i], i, frame);
  return out + "</svg>\n";
}

}  // namespace twinlink::scenarios
