"""One use case, one decision of the business."""
