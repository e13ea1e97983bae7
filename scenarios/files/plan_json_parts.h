#pragma once
// The two halves of reading a plan, for plan_json_read.cpp: the lists that ops refer to, and ops.
#include "models/plan/plan.h"
#include "scenarios/json/object_reader.h"

namespace twinlink::scenarios {

// Everything but the ops. Complains and goes on; the plan is to be used only without issues.
void read_plan_lists(models::Plan& plan, ObjectReader& object);
// Appends one op.
void read_plan_op(models::Plan& plan, const Value& value);

// An id below `count` of "buffer", "lane", ...; complains otherwise.
std::optional<std::int32_t> read_id(const Value& value, const char* what, std::size_t count);

}  // namespace twinlink::scenarios
