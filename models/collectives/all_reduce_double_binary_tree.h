#pragma once
// All-reduce, double binary tree: two trees, each with half of the elements, reduce upwards and
// broadcast downwards in K slices. Halves and slices are dealt by aligned_share().
//
// Tree 1 is NCCL's: position 0 is the root with one child, the largest power of two < P; an inner
// position p with lowest set bit b has the children p - b/2 and p + b/2 (or the nearest such below
// P). Odd positions are leaves. In tree 2 member r stands at position P-1-r (P even) or r-1 (P
// odd), so that who is a leaf in one is inner in the other (P even: exactly one of the two, the
// roots apart). Up: an inner member folds its children's sums (a leaf's input) and its own input
// into its output; down: every member but the root pulls its parent's output. One kernel per rank
// and up to four equal lanes, up and down of each tree, so that slices overtake each other. K is
// request.slices, else pipeline_slices for 2 L further stages (collective_group.h), L = ceil(log2
// P). Empty slices keep their ops (the flags travel). P = 1: a local copy.
//
//   time = max(chain, b beta, c gamma), b and c: bytes through the busiest port and combined by the
//   busiest member (2 n and n at an inner one, P even), and
//   chain: the longest chain of both pipelines, followed slice by slice: 2 L + K - 1 ops, of which
//   those upwards move two slices of n / 2K and those downwards one.
//   On the ideal crossbar the time is at least this, and at most this with 4 beta (P odd: 6), since
//   so many transfers share a port; exactly this for P = 2, whose transfers never meet.
// Source: Sanders, Speck and Traeff, Parallel Computing 35 (2009); NCCL, trees.cc (structure only).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_double_binary_tree(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_double_binary_tree(const CollectiveRequest& request);
double closed_form_all_reduce_double_binary_tree(const CollectiveRequest& request,
                                                 const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_double_binary_tree(const CollectiveRequest& request);

}  // namespace twinlink::models
