-- Dissector of the protocol's frames for Wireshark 4 and tshark: a length in LEB128, then a smarkets.seto.Payload, which
-- the protobuf dissector reads by proto/seto.proto and proto/eto.proto. Ports other than 3701: tshark -d tcp.port==N,smk.
local smk = Proto("smk", "Smarkets streaming API")
local f_length = ProtoField.uint32("smk.length", "Length of the payload")
smk.fields = { f_length }

local header_max, payload_max = 10, 16 * 1024 * 1024

-- frame_size returns the bytes of the header and of the payload at an offset; nil if more bytes are needed.
local function frame_size(tvb, at)
  local n, scale = 0, 1
  for i = 0, header_max - 1 do
    if at + i >= tvb:len() then return nil end
    local b = tvb(at + i, 1):uint()
    n, scale = n + (b % 128) * scale, scale * 128
    if b < 128 then return i + 1, n end
  end
  return header_max, payload_max + 1
end

function smk.dissector(tvb, pinfo, tree)
  local protobuf, at = Dissector.get("protobuf"), 0
  while at < tvb:len() do
    local header, payload = frame_size(tvb, at)
    if header and payload > payload_max then return at end
    if not header or at + header + payload > tvb:len() then
      pinfo.desegment_offset = at
      pinfo.desegment_len = header and at + header + payload - tvb:len() or DESEGMENT_ONE_MORE_SEGMENT
      return tvb:len()
    end
    local sub = tree:add(smk, tvb(at, header + payload))
    sub:add(f_length, tvb(at, header), payload)
    pinfo.private["pb_msg_type"] = "message,smarkets.seto.Payload"
    protobuf:call(tvb(at + header, payload):tvb(), pinfo, sub)
    pinfo.cols.protocol = "SMK"
    at = at + header + payload
  end
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(3701, smk)
