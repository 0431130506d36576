/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 2: is this packet for a VIP of ours, and which of its listeners takes it? */
#pragma once

#include "maps.h"
#include "packet.h"

static __always_inline enum verdict find_address(const struct packet *packet, __u8 *listens)
{
	struct address_record *record = bpf_map_lookup_elem(&addresses, &packet->destination);

	if (!record)
		return PASS_NOT_VIP;
	if (record->flags & ADDRESS_LOCAL)
		return PASS_LOCAL;
	*listens = record->listens;
	return NEXT_STAGE;
}

static __always_inline bool equal(const struct address *a, const struct address *b)
{
	return a->word[3] == b->word[3] && a->word[2] == b->word[2] &&
	       a->word[1] == b->word[1] && a->word[0] == b->word[0];
}

/* Our own tunnels come back when a backend's address leads to a VIP: they would do so for ever. */
static __always_inline bool came_back(const struct packet *packet)
{
	struct node *self = bpf_map_lookup_elem(&node, &(__u32){ 0 });

	return self && equal(&packet->source, &self->source[family(packet)]);
}

/* What has no port that can be seen, as a fragment, is only in the range of all. */
static __always_inline bool in_range(const struct vip *vip, __be16 port)
{
	__u16 number = bpf_ntohs(port);

	return vip->first_port <= number && number <= vip->last_port;
}

/* The most specific listener wins: a port, then any port of a protocol, then anything. */
static __always_inline struct vip *find_vip(const struct packet *packet, __u8 listens)
{
	struct vip_key key = {
		.address = packet->destination,
		.port = packet->destination_port,
		.protocol = packet->protocol,
	};
	struct vip *vip = NULL;

	/* Port 0 stands for having no port; as a key it is any port, and nobody listens on it. */
	if (listens & LISTENS_PORT && packet->destination_port)
		vip = bpf_map_lookup_elem(&vips, &key);
	if (!vip && listens & LISTENS_PROTOCOL) {
		key.port = 0;
		vip = bpf_map_lookup_elem(&vips, &key);
		if (vip && !in_range(vip, packet->destination_port))
			vip = NULL;
	}
	if (!vip && listens & LISTENS_ANY) {
		key.port = 0;
		key.protocol = 0;
		vip = bpf_map_lookup_elem(&vips, &key);
	}
	return vip;
}

static __always_inline enum verdict find_listener(struct packet *packet, __u8 listens)
{
	struct vip *vip;

	if (came_back(packet))
		return DROP_LOOP;
	vip = find_vip(packet, listens);
	if (!vip)
		return packet->fragment ? DROP_FRAGMENT : DROP_NO_LISTENER;

	packet->vip = vip->index;
	packet->listener = vip;
	return NEXT_STAGE;
}
