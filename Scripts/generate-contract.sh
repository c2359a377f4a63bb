#!/usr/bin/env bash
# Writes the Swift code of the wire contract anew, after a change to a .proto file.
#
# The code is committed: who builds Canteen needs neither protoc nor its plugin. The plugin is that of
# the swift-protobuf release that the package uses.
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/require-packages.sh protobuf-compiler
swift package resolve
plugin=.build/protoc-gen-swift
swift build --package-path .build/checkouts/swift-protobuf --scratch-path "$plugin" \
  --product protoc-gen-swift

contract=Sources/SyncProtocol/Contract
protoc -I "$contract" --plugin="$plugin/debug/protoc-gen-swift" \
  --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=true \
  --swift_out=Sources/SyncProtocol/Generated "$contract"/*.proto
git diff --stat -- Sources/SyncProtocol/Generated
echo "contract: ok"
