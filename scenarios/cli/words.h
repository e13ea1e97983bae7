#pragma once
// Words of the command line to enums and names; a wrong one is a UsageError with the nearest right
// one.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "models/plan/vocabulary.h"
#include "scenarios/cli/verbs.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {

template <class Enum>
Enum parse_word(const char* what, const std::string& text) {
  if (const auto value = models::parse<Enum>(text)) return *value;
  std::vector<std::string> names;
  for (const models::Word<Enum>& word : models::words(Enum{})) names.emplace_back(word.name);
  throw UsageError(fmt::format("no {} \"{}\".{}", what, text, suggestion(text, names)));
}

// The name of a machine, unless it is a file: it must be known.
void check_machine(const std::string& name);
// Our names, and those of nccl-tests (float, double, half, bfloat16).
models::ElementType parse_element(const std::string& text);
// "a,b" or "all" of the operation, in the order given.
std::vector<std::string> parse_algorithms(models::Operation operation, const std::string& text);
// The operation of an algorithm, unless `operation` names it: then it must have that algorithm. Of
// several all_reduce, if it is one of them.
models::Operation operation_of(const std::string& algorithm, const std::string& operation);

}  // namespace twinlink::scenarios::cli
