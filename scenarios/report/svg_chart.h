#pragma once
// A chart with two logarithmic axes as SVG text: lines with marks, single marks, the diagonal.
//
// Small on purpose: no style but eight colours that colour-blind readers can tell apart, dashes
// after the eighth. Points that are not positive and finite cannot stand on a logarithmic axis and
// are left out. The same chart is the same text.
#include <string>
#include <utility>
#include <vector>

namespace twinlink::scenarios {

struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;
  bool line = true;  // false: marks only, hollow
};

struct Chart {
  std::string title, x_label, y_label;
  bool x_is_bytes = false;  // ticks at powers of two, "64 KiB"
  bool diagonal = false;    // y = x, and 10 % on either side; both axes have one range
  std::vector<ChartSeries> series;
};

std::string to_svg(const Chart& chart);

}  // namespace twinlink::scenarios
