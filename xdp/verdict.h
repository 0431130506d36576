/* SPDX-License-Identifier: GPL-2.0-only */
/* What a verdict means to the driver, and how many there were of each. */
#pragma once

#include "bpf.h"
#include "tables.h"

/* Packets by verdict. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_VERDICTS);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline enum xdp_action action_of(enum verdict verdict)
{
	switch (verdict) {
	case FORWARDED:
	case FORWARDED_SYN:
		return XDP_TX;
	case PASS_NOT_IP:
	case PASS_NOT_VIP:
	case PASS_LOCAL:
	case PASS_NOT_TUNNEL:
	case DECAPSULATED:
		return XDP_PASS;
	default:
		return XDP_DROP;
	}
}

/* Returns how many this CPU had counted before. */
static __always_inline __u64 count_verdict(enum verdict verdict)
{
	__u64 *packets = bpf_map_lookup_elem(&verdicts, &(__u32){ verdict });

	return packets ? (*packets)++ : 0;
}
