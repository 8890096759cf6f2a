"""Domain objects as the JSON values of the API; `catalog.api.schemas` documents the same shapes."""

from typing import Any

import orjson

from catalog.domain.plugins import PublicPlugin, PublicVersion
from catalog.domain.ratings import STARS, Ratings, average_rating
from catalog.domain.reviews import Review
from chassis.app import API_PREFIX
from contracts.categories import Category


def plugin_path(plugin_id: str) -> str:
    """Give the address of a plugin."""
    return f"{API_PREFIX}/plugins/{plugin_id}"


def plugin_detail(plugin: PublicPlugin) -> dict[str, Any]:
    """Shape a PluginDetail."""
    return {
        "id": plugin.id,
        "name": plugin.name,
        "description": plugin.description,
        "author": {"id": plugin.author_id, "name": plugin.author_name},
        "category": plugin.category,
        "tags": plugin.tags,
        "icon_url": plugin.icon_url,
        "latest_version": plugin.latest.version,
        "rating": {
            "average": average_rating(rating_sum=plugin.rating_sum, rating_count=plugin.rating_count),
            "count": plugin.rating_count,
        },
        "install_count": plugin.install_count,
        "published_at": plugin.published_at,
        "updated_at": plugin.updated_at,
        "homepage": plugin.homepage,
        "repository": plugin.repository,
        "license": plugin.license,
        "status": plugin.status,
        "latest": version_detail(plugin.latest),
    }


def version_summary(version: PublicVersion) -> dict[str, Any]:
    """Shape a VersionSummary."""
    path = f"{plugin_path(version.plugin_id)}/versions/{version.version}"
    has_source_map = version.source_map_object_key is not None
    return {
        "plugin_id": version.plugin_id,
        "version": version.version,
        "changelog": version.changelog,
        "minimum_platform_version": version.minimum_platform_version,
        "file_size_bytes": version.size_bytes,
        "sha256": version.sha256,
        "published_at": version.published_at,
        "has_source_map": has_source_map,
        "source_map_size_bytes": version.source_map_size_bytes,
        "source_map_sha256": version.source_map_sha256,
        "bundle_url": f"{path}/bundle",
        "source_map_url": f"{path}/source-map" if has_source_map else None,
    }


def version_detail(version: PublicVersion) -> dict[str, Any]:
    """Shape a VersionDetail; the manifest's text is spliced in as it is stored."""
    manifest = orjson.Fragment(version.manifest_json) if version.manifest_json is not None else None
    return {**version_summary(version), "manifest": manifest}


def category_item(category: Category, plugin_count: int) -> dict[str, Any]:
    """Shape a CategoryItem."""
    return {
        "id": category.id,
        "name": category.name,
        "description": category.description,
        "plugin_count": plugin_count,
    }


def review_item(review: Review) -> dict[str, Any]:
    """Shape a Review."""
    return {
        "plugin_id": review.plugin_id,
        "user": {"id": review.user_id, "name": review.user_name},
        "rating": review.rating,
        "text": review.text,
        "created_at": review.created_at,
        "updated_at": review.updated_at,
    }


def rating_summary(ratings: Ratings) -> dict[str, Any]:
    """Shape a RatingSummary."""
    return {
        "average": average_rating(rating_sum=ratings.sum, rating_count=ratings.count),
        "count": ratings.count,
        "histogram": {str(stars): count for stars, count in zip(STARS, ratings.histogram, strict=True)},
    }
