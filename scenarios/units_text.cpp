#include "scenarios/units_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "scenarios/scenario.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;  // in the family's smallest step
};
constexpr std::array kByteUnits{
    Unit{"B", 1},
    Unit{"kB", 1'000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
    Unit{"KiB", 1 << 10},
    Unit{"MiB", 1 << 20},
    Unit{"GiB", 1 << 30},
    Unit{"TiB", std::int64_t{1} << 40},
};
constexpr std::array kRateUnits{
    Unit{"B/s", 1},
    Unit{"kB/s", 1'000},
    Unit{"MB/s", 1'000'000},
    Unit{"GB/s", 1'000'000'000},
    Unit{"TB/s", 1'000'000'000'000},
    Unit{"KiB/s", 1 << 10},
    Unit{"MiB/s", 1 << 20},
    Unit{"GiB/s", 1 << 30},
    Unit{"TiB/s", std::int64_t{1} << 40},
};
constexpr std::array kTimeUnits{
    Unit{"ps", 1},
    Unit{"ns", 1'000},
    Unit{"us", 1'000'000},
    Unit{"ms", 1'000'000'000},
    Unit{"s", kPicosecondsPerSecond},
};
constexpr std::array kFlopUnits{
    Unit{"GFLOP/s", 1},
    Unit{"TFLOP/s", 1'000},
    Unit{"PFLOP/s", 1'000'000},
};
constexpr std::array kPowerUnits{
    Unit{"mW", 1},
    Unit{"W", 1'000},
    Unit{"kW", 1'000'000},
};

struct Family {
  std::string_view what;     // "a size"
  std::string_view example;  // "64 MiB"
  std::span<const Unit> units;
};
constexpr Family kSizes{"a size", "64 MiB", kByteUnits};
constexpr Family kRates{"a bandwidth", "450 GB/s", kRateUnits};
constexpr Family kTimes{"a duration", "0.65 us", kTimeUnits};
constexpr Family kPowers{"a power", "700 W", kPowerUnits};
constexpr Family kFlops{"a compute rate", "989 TFLOP/s", kFlopUnits};

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string unit_names(const Family& family) {
  std::string names;
  for (const Unit& unit : family.units)
    names += (names.empty() ? "" : ", ") + std::string(unit.name);
  return names;
}

// "450 GB/s" -> number "450", unit "GB/s".
struct Parts {
  std::string_view number, unit;
};
Parts split(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789.+-"), text.size());
  const std::string_view number = text.substr(0, digits);
  std::string_view unit = text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  return {number, unit};
}

// The unit meant by a wrong one: letters in the wrong case, a missing slash, bits for bytes.
std::string suggestion(const Parts& parts, const Family& family) {
  std::vector<std::string> names;
  for (const Unit& unit : family.units) names.emplace_back(unit.name);
  const auto same_letters = [&](const Unit& unit) {
    return std::ranges::equal(unit.name, parts.unit,
                              [](char a, char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto found = std::ranges::find_if(family.units, same_letters);
  const std::string unit = found != family.units.end()
                               ? std::string(found->name)
                               : nearest_name(std::string(parts.unit), names);
  if (unit.empty()) return "";
  return ". Did you mean " + in_quotes(std::string(parts.number) + " " + unit) + "?";
}

[[noreturn]] void refuse(const std::string& text, const Family& family, const std::string& why) {
  throw InputError(in_quotes(text) + " is not " + std::string(family.what) + ": " + why);
}

const Unit& find_unit(const std::string& text, const Parts& parts, const Family& family) {
  if (parts.unit.empty())
    refuse(text, family,
           "the unit is missing (" + unit_names(family) + "), as in " + in_quotes(family.example) +
               "");
  if (parts.unit.ends_with("b/s") && parts.unit.size() <= 4)
    refuse(text, family, "rates are in bytes, not bits (1 GB/s = 8 Gb/s)");
  const auto found = std::ranges::find(family.units, parts.unit, &Unit::name);
  if (found == family.units.end())
    refuse(text, family,
           "the unit must be one of " + unit_names(family) + suggestion(parts, family));
  return *found;
}

struct Decimal {
  Int128 digits = 0;
  int places = 0;  // value = digits / 10^places
};

// Digits with at most one point, at most 18 figures and 24 places; no sign, no exponent.
Decimal parse_decimal(const std::string& text, std::string_view number, const Family& family) {
  if (number.starts_with('-')) refuse(text, family, "it must not be negative");
  Decimal value;
  int figures = 0;
  bool point = false, any = false;
  for (const char c : number) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9')
      refuse(text, family, "expected digits and a unit, as in " + in_quotes(family.example) + "");
    value.digits = value.digits * 10 + (c - '0');
    value.places += point ? 1 : 0;
    figures += value.digits == 0 ? 0 : 1;
    any = true;
    if (figures > 18 || value.places > 24) refuse(text, family, "it has more than 18 figures");
  }
  if (!any)
    refuse(text, family, "expected a number and a unit, as in " + in_quotes(family.example) + "");
  return value;
}

struct Whole {
  std::int64_t value = 0;
  bool exact = true;
};

// In the family's smallest step, rounded to nearest.
Whole parse_whole(const std::string& text, const Family& family) {
  const Parts parts = split(text);
  const Decimal decimal = parse_decimal(text, parts.number, family);
  Int128 step = 1;
  for (int i = 0; i < decimal.places; ++i) step *= 10;
  const Int128 scaled = decimal.digits * find_unit(text, parts, family).factor;
  const Int128 rounded = (scaled + step / 2) / step;
  if (rounded > std::numeric_limits<std::int64_t>::max()) refuse(text, family, "it is too large");
  return {static_cast<std::int64_t>(rounded), rounded * step == scaled};
}

// count / 10^places without trailing zeros.
std::string decimal_text(std::int64_t count, int places) {
  std::string digits = std::to_string(count);
  const auto width = static_cast<std::size_t>(places);
  if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
  digits.insert(digits.size() - width, ".");
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

const Family& family_of(std::string_view unit) {
  if (unit == "us") return kTimes;
  if (unit == "GiB") return kSizes;
  if (unit == "W") return kPowers;
  return unit == "GB/s" ? kRates : kFlops;
}

}  // namespace

Bytes parse_bytes(const std::string& text) {
  const Whole whole = parse_whole(text, kSizes);
  if (!whole.exact) refuse(text, kSizes, "it is not a whole number of bytes");
  return {whole.value};
}

Bandwidth parse_bandwidth(const std::string& text) { return {parse_whole(text, kRates).value}; }

Duration parse_duration(const std::string& text) { return {parse_whole(text, kTimes).value}; }

Bytes parse_nccl_size(const std::string& text) {
  constexpr std::string_view letters = "KMGT";
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front())))
    return parse_bytes(text);
  if (std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); }))
    return parse_bytes(text + " B");
  const auto power =
      letters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(text.back()))));
  if (power == std::string_view::npos) return parse_bytes(text);
  return parse_bytes(text.substr(0, text.size() - 1) + " " + letters[power] + "iB");
}

double parse_quantity(const std::string& text, std::string_view unit) {
  const Family& family = family_of(unit);
  const Parts parts = split(text);
  parse_decimal(text, parts.number, family);
  const auto factor = static_cast<double>(find_unit(text, parts, family).factor);
  const auto base = static_cast<double>(std::ranges::find(family.units, unit, &Unit::name)->factor);
  double number = 0;
  std::from_chars(parts.number.data(), parts.number.data() + parts.number.size(), number);
  return factor < base ? number / (base / factor) : number * (factor / base);
}

std::string to_text(Bytes size) {
  constexpr std::array<std::string_view, 5> names{" B", " KiB", " MiB", " GiB", " TiB"};
  std::size_t unit = 0;
  while (unit + 1 < names.size() && size.count != 0 && size.count % 1024 == 0) {
    size.count /= 1024;
    ++unit;
  }
  return std::to_string(size.count) + std::string(names[unit]);
}

std::string to_text(Bandwidth rate) { return decimal_text(rate.bytes_per_s, 9) + " GB/s"; }

std::string to_text(Duration length) { return decimal_text(length.ps, 6) + " us"; }

}  // namespace twinlink::scenarios
