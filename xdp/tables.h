/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything the data plane and the control plane share: the only definition of each.
 * layout.gen.ts reads these structs from the object's BTF and writes layout.ts.
 *
 * Integers are in host byte order unless their type says otherwise (__be16, __be32).
 * Reserved bytes are zero: a newer program may give them a meaning without a new layout.
 */
#pragma once

#include <linux/types.h>

#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"

/*
 * What became of a packet: the action and the reason in one word, counted by transmit() and known
 * by this name to REST, metrics and docs. Only ever append: a newer program counts into the
 * older one's map.
 */
enum verdict {
	/* Not an end: the packet goes on to the next stage. Never counted. */
	NEXT_STAGE,
	/* Sent to a backend. */
	FORWARDED,
	/* Sent to a backend, and opens a connection: a TCP SYN. */
	FORWARDED_SYN,
	/* Passed to the host: neither IPv4 nor IPv6, or too short to tell. */
	PASS_NOT_IP,
	/* Passed to the host: its destination is no VIP address. */
	PASS_NOT_VIP,
	/* Passed to the host: the VIP address is also an address of the host, and that wins. */
	PASS_LOCAL,
	/* Dropped: no listener of the VIP address takes this protocol and port. */
	DROP_NO_LISTENER,
	/* Dropped: the IP version is not the one that the Ethernet type announces. */
	DROP_BAD_VERSION,
	/* Dropped: the IP or TCP header length field is shorter than the shortest header. */
	DROP_BAD_HEADER_LENGTH,
	/* Dropped: a length field contradicts another, as a UDP datagram longer than its packet. */
	DROP_BAD_LENGTH,
	/* Dropped: the frame ends before the packet does, or its first buffer before a header does. */
	DROP_TRUNCATED,
	/* Dropped: TTL or hop limit 0 (RFC 1122 3.2.1.7, RFC 8200 3). */
	DROP_TTL_ZERO,
	/* Dropped: more IPv6 extension headers than the parser walks. */
	DROP_EXTENSION_HEADERS,
	/* Dropped: a fragment, and the listener's hash policy or port needs what only the whole has. */
	DROP_FRAGMENT,
	/* Dropped: its source is this node's own tunnel source, so it has been here before. */
	DROP_LOOP,
	/* Dropped: no backend of the pool takes flows. */
	DROP_NO_BACKEND,
	/* Dropped: the backend's next hop has never been resolved. */
	DROP_NO_NEXT_HOP,
	/* Dropped: with its tunnel header it exceeds the MTU of the egress interface. */
	DROP_TOO_BIG,
	/* Dropped: the driver leaves too little room in front of the packet for the header. */
	DROP_NO_HEADROOM,
	/* Dropped: the egress interface of the backend takes no redirected packets. */
	DROP_NO_EGRESS,
	/* Delivered to the host by the decapsulator. */
	DECAPSULATED,
	/* Passed to the host by the decapsulator: no tunnel that it opens. */
	PASS_NOT_TUNNEL,
	/* Dropped by the decapsulator: the tunnel's source is none of the configured ones. */
	DROP_UNKNOWN_SOURCE,
	/* Dropped by the decapsulator: a tunnel flag, version or critical option it does not know. */
	DROP_UNKNOWN_OPTION,
	/* Dropped by the decapsulator: neither IPv4 nor IPv6 inside the tunnel. */
	DROP_UNKNOWN_PAYLOAD,
	/* Dropped by the decapsulator: congestion marked outside, not ECN-capable inside (RFC 6040). */
	DROP_ECN,
	/* How many there are; the counters have room for MAX_VERDICTS. */
	VERDICTS,
};

#define MAX_VERDICTS 256

/* An IPv6 address, or an IPv4 address mapped into one (::ffff:a.b.c.d, RFC 4291 2.5.5.2). */
struct address {
	__be32 word[4];
};

/* What may listen on an address, so that classify() asks only for what can be there. */
enum listens {
	LISTENS_PORT = 1,
	LISTENS_PROTOCOL = 2,
	LISTENS_ANY = 4,
} __attribute__((packed));

enum address_flags {
	/* An address of the host itself. */
	ADDRESS_LOCAL = 1,
} __attribute__((packed));

/* Map addresses: one for each address of a VIP. */
struct address_record {
	enum listens listens;
	enum address_flags flags;
	__u8 reserved[6];
};

/* Key of map vips. Port 0 is any port; protocol 0, with port 0, is any protocol. */
struct vip_key {
	struct address address;
	__be16 port;
	__u8 protocol;
	__u8 reserved;
};

enum hash_policy {
	HASH_5_TUPLE,
	HASH_3_TUPLE,
	HASH_SOURCE,
} __attribute__((packed));

/* Map vips: one for each listener of each address of a VIP. */
struct vip {
	__u32 index; /* of its counters in vip_traffic */
	__u32 table; /* index in tables */
	__u32 row_mask; /* the table's rows - 1 */
	__u16 first_port; /* of an any-port listener: the range it takes */
	__u16 last_port;
	enum hash_policy hash;
	__u8 reserved[7];
};

/*
 * One place of a table: who takes the flows that hash to it. The control plane writes it as one
 * aligned 64-bit store. Flags are the control plane's alone, stray is the program's alone.
 */
struct row {
	__u16 now; /* backend index, 0 = nobody */
	__u16 was; /* the backend before the change, 0 = nobody */
	__u16 flags;
	__u16 stray; /* tick (4 s) of the last packet that went elsewhere than to now */
};

/* Ethernet, two tags, IPv6, UDP, Geneve with 20 bytes of options, inner Ethernet: 104 is enough. */
#define MAX_HEADER 104

enum header_kind {
	HEADER_OUTER_IPV4 = 1,
	HEADER_OUTER_IPV6 = 2,
	HEADER_OUTER_UDP = 4,
} __attribute__((packed));

/*
 * Everything that goes in front of a client's IP packet, complete but for what each packet decides.
 * The type of the inner packet is a 16-bit word somewhere in the header whatever the
 * tunnel (GRE: protocol type, Geneve: protocol type or inner Ethernet type, …), so that a
 * tunnel is data here. Arrays of two are by the family of the inner packet: IPv4, IPv6.
 */
struct header {
	__u8 bytes[MAX_HEADER];
	__u32 egress; /* ifindex */
	__be16 inner_type[2]; /* the word at inner_type_offset */
	__u16 checksum[2]; /* outer IPv4: folded sum, as loaded, of what no packet decides */
	__u16 largest; /* inner IP packet that fits the MTU of the egress interface, bytes */
	__u8 length; /* of bytes, 0 = never resolved */
	__u8 network_offset; /* of the outer IP header in bytes */
	__u8 inner_type_offset;
	enum header_kind kind;
	__u8 reserved[2];
};

/* Map backends. The idle header is written, then selected; one in use is never overwritten. */
struct backend {
	struct header headers[2];
	__u8 selected;
	__u8 flags;
	__u16 generation; /* of this index: it differs for each backend that ever had it */
	__u32 reserved;
};

/* Map node, one entry: what the program must know of the host it runs on. */
struct node {
	struct address source[2]; /* of our tunnels: IPv4, IPv6; zero where unknown */
};

/* Per-CPU counters. Bytes are those of the client's IP packets, without Ethernet or tunnel. */
struct vip_traffic {
	__u64 packets;
	__u64 bytes;
	__u64 new_flows; /* TCP SYNs forwarded */
};

struct backend_traffic {
	__u64 packets;
	__u64 bytes;
	__u64 stray_packets;
};

/* Ring buffer events: the first packet that ended in a drop of this kind on a CPU. */
struct event {
	__u64 time; /* ns since boot, CLOCK_MONOTONIC */
	enum verdict verdict;
	__u32 vip; /* index, 0 = none */
};

/* Where a `dry` instance packs its answer, instead of an XDP action alone. */
#define DRY_VERDICT_SHIFT 8
#define DRY_BACKEND_SHIFT 16

#pragma clang diagnostic pop
