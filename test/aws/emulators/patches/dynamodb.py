"""An update may make an item larger than 400 KB there, which DynamoDB refuses."""


def apply():
    from ministack.services import dynamodb

    plain = dynamodb._apply_update_expression

    def checked(item, *rest):
        result = plain(item, *rest)
        if dynamodb._item_size_bytes(result[0]) > dynamodb._DDB_ITEM_MAX_BYTES:
            raise ValueError("Item size to update has exceeded the maximum allowed size")
        return result

    dynamodb._apply_update_expression = checked
