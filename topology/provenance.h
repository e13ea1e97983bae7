#pragma once
// Where a number comes from, best first. A result carries the worst provenance it used.
#include <cstdint>
#include <string_view>

namespace twinlink {

enum class Provenance : std::uint8_t { measured, fitted, published, datasheet, assumed };

constexpr std::string_view name_of(Provenance p) {
  switch (p) {
    case Provenance::measured: return "measured";
    case Provenance::fitted: return "fitted";
    case Provenance::published: return "published";
    case Provenance::datasheet: return "datasheet";
    case Provenance::assumed: return "assumed";
  }
  return "assumed";
}

constexpr Provenance worse(Provenance a, Provenance b) { return a < b ? b : a; }

}  // namespace twinlink
