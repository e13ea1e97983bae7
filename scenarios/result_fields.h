#pragma once
// The fields of a result (twinlink.result/1) by name: what assertions may select and bound. One
// table for the scenario reader, the schema test and the result writer.
#include <cstdint>
#include <span>
#include <string_view>

namespace twinlink::scenarios {

enum class FieldType : std::uint8_t { text, number, boolean, bytes };

struct ResultField {
  std::string_view name;
  FieldType type;
  std::string_view help;
};

std::span<const ResultField> result_fields();

}  // namespace twinlink::scenarios
