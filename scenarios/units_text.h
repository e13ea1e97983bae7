#pragma once
// Quantities as text: "64 MiB", "450 GB/s", "0.65 us". Reading and writing are exact decimals in
// integers (no floating point), so that text -> value -> text is a fixed point.
//
// Readers are in scenario.h (parse_bytes, parse_bandwidth, parse_duration). Sizes must be whole
// bytes; rates and durations are rounded to the nearest byte/s and picosecond.
#include <string>
#include <string_view>

#include "topology/units.h"

namespace twinlink::scenarios {

std::string to_text(Bytes size);       // in the largest binary unit that divides it: "64 MiB"
std::string to_text(Bandwidth rate);   // "450 GB/s"
std::string to_text(Duration length);  // "0.65 us"

// A number with one of the units of `family` (of "us", "GB/s", "TFLOP/s", "GiB", "W"), in that
// unit, as a double. Throws InputError without a location.
double parse_quantity(const std::string& text, std::string_view family);

}  // namespace twinlink::scenarios
