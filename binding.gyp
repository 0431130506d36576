{
  "targets": [
    {
      "target_name": "native",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_js",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["native/build/Release/weir.node"],
          "action": ["node", "native/build.mjs"]
        }
      ]
    }
  ]
}
