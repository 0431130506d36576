/* SPDX-License-Identifier: GPL-2.0-only */
/* The only way out: turns the verdict into an XDP action, and counts it. */
#pragma once

#include "maps.h"
#include "packet.h"
#include "verdict.h"

/* A second instance on the same maps that answers `what would happen` and leaves no trace. */
const volatile bool dry = false;

/*
 * Global, so that struct event is in the BTF, and with it `enum verdict`: layout.ts is made of that.
 * Seldom called, so that the call does not matter.
 */
__attribute__((noinline)) int report(const struct event *event)
{
	return event ? bpf_ringbuf_output(&events, (void *)event, sizeof(*event), 0) : 0;
}

static __always_inline void count_forwarded(enum verdict verdict, __u32 vip, __u32 backend,
					    __u32 length)
{
	struct vip_traffic *to_vip = bpf_map_lookup_elem(&vip_traffic, &vip);
	struct backend_traffic *to_backend = bpf_map_lookup_elem(&backend_traffic, &backend);

	if (to_vip) {
		to_vip->packets += 1;
		to_vip->bytes += length;
		to_vip->new_flows += verdict == FORWARDED_SYN;
	}
	if (to_backend) {
		to_backend->packets += 1;
		to_backend->bytes += length;
	}
}

/* `out` is the egress interface, 0 for the one that the packet came in by. */
static __always_inline int transmit(enum verdict verdict, __u32 vip, __u32 backend,
				    __u32 length, __u32 out)
{
	int action = action_of(verdict);

	if (action == XDP_TX && out) {
		action = bpf_redirect_map(&egress, out, XDP_DROP);
		if (action == XDP_DROP)
			verdict = DROP_NO_EGRESS;
	}
	if (dry)
		return backend << DRY_BACKEND_SHIFT | verdict << DRY_VERDICT_SHIFT | action;

	if (!count_verdict(verdict) && action == XDP_DROP) {
		struct event first = { bpf_ktime_get_ns(), verdict, vip };

		report(&first);
	}
	if (action != XDP_DROP && action != XDP_PASS)
		count_forwarded(verdict, vip, backend, length);
	return action;
}
