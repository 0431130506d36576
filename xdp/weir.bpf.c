// SPDX-License-Identifier: GPL-2.0-only
/* The load balancer: what happens to a packet, stage by stage. */
#include "parse.h"
#include "classify.h"
#include "select.h"
#include "encapsulate.h"
#include "transmit.h"

SEC("xdp.frags")
int load_balance(struct xdp_md *ctx)
{
	struct packet packet = {};
	__u8 listens = 0;
	enum verdict verdict = parse_addresses(ctx, &packet);

	if (verdict == NEXT_STAGE)
		verdict = find_address(&packet, &listens);
	if (verdict == NEXT_STAGE)
		verdict = parse_packet(ctx, &packet);
	if (verdict == NEXT_STAGE)
		verdict = find_listener(&packet, listens);
	if (verdict == NEXT_STAGE)
		verdict = select_backend(&packet);
	if (verdict == NEXT_STAGE)
		verdict = encapsulate(ctx, &packet);

	return transmit(verdict, packet.vip, packet.backend, packet.length,
			packet.egress == ctx->ingress_ifindex ? 0 : packet.egress);
}

/* On every egress interface: a driver accepts redirected frames only where a program is attached. */
SEC("xdp.frags")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
