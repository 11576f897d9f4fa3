"""The routes about the account and the catalog: /models, /generation, /key, /credits."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from bot.sandbox.catalog import ROWS, VIDEO_ROWS, outputs
from bot.sandbox.state import ApiCall, Routes, SandboxState
from bot.sandbox.wire import Json, Rejected

CREDITS = 25.0
LIMIT = 10.0


def routes(sandbox: SandboxState) -> Routes:
    """What can be asked about models and money."""

    async def models(call: ApiCall) -> web.Response:
        wanted = call.http.query.get("output_modalities", "")
        rows = [row for row in ROWS if wanted in ("", "all") or set(wanted.split(",")) & set(outputs(row))]
        start, most = int(call.http.query.get("offset", "0")), int(call.http.query.get("limit", "500"))
        page = rows[start : start + most]
        more = f"/api/v1/models?offset={start + most}&limit={most}" if start + most < len(rows) else None
        return web.json_response({"data": page, "total_count": len(rows), "links": {"next": more}})

    async def video_models(call: ApiCall) -> web.Response:
        return web.json_response({"data": list(VIDEO_ROWS)})

    async def generation(call: ApiCall) -> web.Response:
        answer = sandbox.generations.get(call.http.query.get("id", ""))
        if answer is None:
            raise Rejected(404, f"Generation {call.http.query.get('id')!r} not found")
        return web.json_response({"data": generation_row(answer, sandbox.clock.now())})

    async def key(call: ApiCall) -> web.Response:
        return web.json_response({"data": key_row(sandbox.spent)})

    async def credits(call: ApiCall) -> web.Response:
        return web.json_response({"data": {"total_credits": CREDITS, "total_usage": round(sandbox.spent, 8)}})

    return {
        "GET /models": models,
        "GET /videos/models": video_models,
        "GET /generation": generation,
        "GET /key": key,
        "GET /credits": credits,
    }


NULL_FIELDS = (
    "app_id", "cache_discount", "external_user", "http_referer", "moderation_latency", "native_finish_reason",
    "native_tokens_completion_images", "num_fetches", "num_input_audio_prompt", "num_media_completion",
    "num_media_prompt", "num_search_results", "preset_id", "provider_responses", "router", "service_tier",
    "upstream_id", "upstream_inference_cost", "user_agent", "web_search_engine", "workspace_id",
)  # fmt: skip


def generation_row(answer: Json, now: datetime) -> Json:
    """The row of GET /generation for one answer. Source: OpenRouter docs, get a generation."""
    prompt, completion = answer.get("prompt_tokens", 0), answer.get("completion_tokens", 0)
    cost = answer.get("cost", 0.0)
    return dict.fromkeys(NULL_FIELDS) | {
        "id": answer["id"],
        "model": answer["model"],
        "api_type": "completions",
        "created_at": now.astimezone(UTC).isoformat(),
        "cancelled": False,
        "data_region": "global",
        "finish_reason": "stop",
        "generation_time": 100.0,
        "is_byok": False,
        "latency": 10.0,
        "native_tokens_cached": 0,
        "native_tokens_completion": completion,
        "native_tokens_prompt": prompt,
        "native_tokens_reasoning": 0,
        "origin": "https://openrouter.ai/",
        "provider_name": "Sandbox",
        "streamed": True,
        "tokens_completion": completion,
        "tokens_prompt": prompt,
        "total_cost": cost,
        "usage": cost,
    }


def key_row(spent: float) -> Json:
    """The answer of GET /key. Source: OpenRouter docs, get current API key."""
    spent = round(spent, 8)
    return {
        "label": "sandbox",
        "limit": LIMIT,
        "limit_remaining": max(0.0, round(LIMIT - spent, 8)),
        "limit_reset": None,
        "usage": spent,
        "usage_daily": spent,
        "usage_weekly": spent,
        "usage_monthly": spent,
        "byok_usage": 0.0,
        "byok_usage_daily": 0.0,
        "byok_usage_weekly": 0.0,
        "byok_usage_monthly": 0.0,
        "include_byok_in_limit": False,
        "is_free_tier": False,
        "is_management_key": False,
        "is_provisioning_key": False,
        "allowed_data_regions": ["global"],
        "budgets": [],
        "effective_budget": None,
        "creator_user_id": "user_sandbox",
        "organization_id": None,
        "workspace_id": None,
        "free_model_daily_requests": {"limit": 1000, "remaining": 1000, "used": 0},
        "rate_limit": {"interval": "10s", "note": "This field is deprecated.", "requests": -1},
    }
