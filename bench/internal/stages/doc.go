// Package stages measures what a message costs on its whole way through the library, stage by stage,
// through the calls that production makes: bytes in to a bot's handler, a handler's send to bytes
// out, and both at once.
//
// A stage is a loop; whoever runs it measures the time. The stages of one group do the same work up
// to different points, so that the difference of two is what lies between the points:
//
//	In     refill                stand-in for the socket: frames are copied and get their sequences
//	       scan                  frames cut from memory, nothing else
//	       scan+decode           and decoded: the work that no client can avoid
//	       buffer+decode         the same through the receive buffer, refilled
//	       session               and sequenced, as events
//	       engine                and handed to handlers by an engine's loop
//	Order  encode+decode         an order encoded into a frame, its answer cut and decoded
//	       session               sent through throttle and send ring, its answer matched
//	       engine                the same through an engine and its handlers
//	Trade  decode+encode+decode  a quote decoded, an order encoded, its answer decoded
//	       session               the same through a session
//	       engine                quote to handler to order out, its answer to its handler
//
// The first three lines of In and the first of the others are what the rest is compared with. They
// read from memory that stays as it is, while the others pay for the refill too: ratios err against
// this library.
package stages
