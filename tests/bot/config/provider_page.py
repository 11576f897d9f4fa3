"""The configuration examples of the OpenRouter provider page, as written there."""

KEY_AND_MODEL = """{
  env: { OPENROUTER_API_KEY: "sk-or-..." },
  agents: { defaults: { model: { primary: "openrouter/auto" }, }, },
}"""

IMAGES = """{
  env: { OPENROUTER_API_KEY: "sk-or-..." },
  agents: {
    defaults: {
      imageGenerationModel: {
        primary: "openrouter/google/gemini-3.1-flash-image-preview",
        timeoutMs: 180_000,
      },
    },
  },
}"""

VIDEOS = """{
  env: { OPENROUTER_API_KEY: "sk-or-..." },
  agents: { defaults: { videoGenerationModel: { primary: "openrouter/google/veo-3.1-fast", }, }, },
}"""

MUSIC = """{
  env: { OPENROUTER_API_KEY: "sk-or-..." },
  agents: {
    defaults: {
      musicGenerationModel: { primary: "openrouter/google/lyria-3-pro-preview", timeoutMs: 180_000, },
    },
  },
}"""

SPEECH = """{
  messages: {
    tts: {
      auto: "always",
      provider: "openrouter",
      providers: {
        openrouter: { model: "hexgrad/kokoro-82m", speakerVoice: "af_alloy", responseFormat: "mp3", },
      },
    },
  },
}"""

TRANSCRIPTION = """{
  tools: {
    media: {
      audio: {
        enabled: true,
        models: [{ provider: "openrouter", model: "openai/whisper-large-v3-turbo" }],
      },
    },
  },
}"""

FUSION = """{
  env: { OPENROUTER_API_KEY: "sk-or-..." },
  agents: {
    defaults: {
      model: { primary: "openrouter/openrouter/fusion" },
      models: {
        "openrouter/openrouter/fusion": {
          params: {
            extraBody: {
              plugins: [
                {
                  id: "fusion",
                  analysis_models: [
                    "google/gemini-3.5-flash",
                    "moonshotai/kimi-k2.6",
                    "deepseek/deepseek-v4-pro",
                  ],
                  model: "google/gemini-3.5-flash",
                },
              ],
            },
          },
        },
      },
    },
  },
}"""

RESPONSE_CACHE = """{
  agents: {
    defaults: {
      models: {
        "openrouter/auto": { params: { responseCache: true, responseCacheTtlSeconds: 300, }, },
      },
    },
  },
}"""

ROUTING = """{
  models: {
    providers: {
      openrouter: {
        params: { provider: { sort: "latency", require_parameters: true, data_collection: "deny", }, },
      },
    },
  },
}"""

ROUTING_OF_ONE_MODEL = """{
  agents: {
    defaults: {
      models: {
        "openrouter/anthropic/claude-sonnet-4-6": {
          params: { provider: { order: ["anthropic"], allow_fallbacks: false, }, },
        },
      },
    },
  },
}"""

ALL = (
    KEY_AND_MODEL,
    IMAGES,
    VIDEOS,
    MUSIC,
    SPEECH,
    TRANSCRIPTION,
    FUSION,
    RESPONSE_CACHE,
    ROUTING,
    ROUTING_OF_ONE_MODEL,
)
